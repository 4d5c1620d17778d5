-- Paper rounds: sheets and cheques matched to claims, and signed off.
SELECT 1;
