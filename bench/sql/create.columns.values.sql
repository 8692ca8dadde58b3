SELECT 'Article number $1', repeat('Lorem ipsum "dolor" sit amet. ', 10), true, '2024-03-01T12:00:00+00:00', 7;
