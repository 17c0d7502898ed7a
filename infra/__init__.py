"""The Pulumi program: one component for each service, which share names, tags and the deadline."""
