"""Clouds that Pulumi makes and takes down: ``launcher up``, ``extend``, ``down``, on the state that ``pulumi`` uses."""
