create schema graphile_worker;

-- down
drop schema graphile_worker;
