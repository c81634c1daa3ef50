"""Programs on client libraries as released. Each does the flows it is asked for: see `answering.py`."""
