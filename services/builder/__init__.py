"""The builder: runs are isolated, checked out, installed, tested, synthesised and deployed here."""
