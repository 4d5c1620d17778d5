-- Balance assertions: what a passbook or a bank says an account stood at.
SELECT 1;
