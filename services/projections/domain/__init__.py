"""`project`: a view and an event give the view after it. Pure; the map is in `documents`."""
