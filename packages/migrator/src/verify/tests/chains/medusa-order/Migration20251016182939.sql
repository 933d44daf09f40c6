alter table if exists "order_credit_line"
        add column if not exists "version" integer default null;
update "order_credit_line" ocl
      set "version" = o."version"
        from "order" o
      where ocl."order_id" = o."id";
alter table if exists "order_credit_line"
      alter column "version" set not null,
      alter column "version" set default 1;
create index if not exists "IDX_order_credit_line_order_id_version"
      on "order_credit_line" (order_id, version)
      where deleted_at is null;

-- down
drop index if exists "IDX_order_credit_line_order_id_version";
alter table if exists "order_credit_line" drop column if exists "version";
