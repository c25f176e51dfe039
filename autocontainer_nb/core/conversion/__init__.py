"""Conversions that users have written for flytekit: transformers of types, encoders and decoders of data frames."""
