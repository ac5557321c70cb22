"""The builder: from source to an artefact, in a sandbox. It knows no database."""
