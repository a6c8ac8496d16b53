-- Runs before every other test: the extension, in a database that has nothing else.
CREATE EXTENSION smarketing;
SELECT extname, extversion = (SELECT default_version FROM pg_available_extensions WHERE name = 'smarketing') AS default_version,
    extnamespace::regnamespace AS schema
FROM pg_extension WHERE extname = 'smarketing';
