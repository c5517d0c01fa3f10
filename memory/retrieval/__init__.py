"""Retrieval: indexes that rank agents and cohorts for a text, and the embeddings behind them."""
