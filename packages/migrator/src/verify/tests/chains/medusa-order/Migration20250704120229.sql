alter table if exists "order_credit_line" drop constraint if exists "order_credit_line_order_id_foreign";
alter table if exists "order_credit_line" add constraint "order_credit_line_order_id_foreign" foreign key ("order_id") references "order" ("id") on update cascade on delete cascade;

-- down
alter table if exists "order_credit_line" drop constraint if exists "order_credit_line_order_id_foreign";
alter table if exists "order_credit_line" add constraint "order_credit_line_order_id_foreign" foreign key ("order_id") references "order" ("id") on update cascade;
