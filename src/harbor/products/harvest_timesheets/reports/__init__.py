"""Reports: time and expenses added up by client, project, task, category and person; what is not invoiced; budgets."""
