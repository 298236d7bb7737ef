"""The contract: what is stored, how it is read, and the documents that the API and the static twins serve."""
