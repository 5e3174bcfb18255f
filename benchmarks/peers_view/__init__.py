"""The same flow of 30 jobs in the notebook views of nbflow and of its peers, photographed while it runs and after."""
