"""What is true of a file and of the project: lowering, linking, interpreting, reachability."""
