SELECT 'user$1';
