"""Bulk work: loads of CSV and removal by age run as jobs, which are looked at by their ids."""
