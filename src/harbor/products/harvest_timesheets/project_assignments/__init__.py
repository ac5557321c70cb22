"""What a person may track time to: the pickers of every timer."""
