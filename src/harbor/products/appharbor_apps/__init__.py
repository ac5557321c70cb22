"""AppHarbor: applications that are pushed, built, tested, deployed, run and routed."""
