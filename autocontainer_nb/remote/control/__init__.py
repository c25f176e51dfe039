"""What is done to executions: start them again, recover, stop many, archive; answer gates; where their time went."""
