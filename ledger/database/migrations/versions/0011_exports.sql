-- A community taken in whole from another service.
SELECT 1;
