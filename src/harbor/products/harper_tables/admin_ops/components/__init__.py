"""Components: folders of files that are stored, listed and packaged, and not run."""
