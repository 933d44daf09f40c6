alter table graphile_worker.jobs alter column queue_name drop default;
