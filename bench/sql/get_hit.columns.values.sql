SELECT 'user$1', 'user$1@example.com', 'First', false, '2024-03-01T12:00:00+00:00';
