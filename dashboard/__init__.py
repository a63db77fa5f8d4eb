"""What a person sees and clicks: pages that are live, drawn by Reflex behind the front door."""
