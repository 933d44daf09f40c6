drop index if exists "IDX_unique_order_item_version_item_id";
