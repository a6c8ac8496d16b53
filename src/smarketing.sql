/* smarketing: the agreement between marketing and sales, enforced */

-- complain if the script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION smarketing" to load this file. \quit
