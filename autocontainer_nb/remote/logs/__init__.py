"""The output of an execution's containers: all that there are, and the text of each from its link or Kubernetes."""
