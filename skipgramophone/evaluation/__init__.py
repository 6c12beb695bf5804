"""Judgement: how well vectors find what belongs with a playlist, beside counts that need no vectors."""
