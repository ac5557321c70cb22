"""The sandbox: checks without a network, whose outcome follows from the applicant's last name or a key of metadata."""
