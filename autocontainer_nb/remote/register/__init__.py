"""The registration of entities at the control plane, with the upload of code and data."""
