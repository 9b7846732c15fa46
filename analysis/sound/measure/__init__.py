"""From samples to acoustic indices, behind the quality gate."""
