"""Configuration variables: what a process of an application finds in its environment."""
