-- Brings a database to "release 0.9", without dropping anything. Read it, correct it, and run it with:
--   migrate adopt --reconcile FILE
-- It holds for the database that it was written for, as it was then. The next line is read by the tool.
-- reconcile: {"shape":"release 0.9","fingerprint":"c2:cb4f55927587872958d6028aefcf6462fada12cb5b93ec2ee9ff200b5c81375b","keeps":["table public.notes","column public.notes.n"]}

-- keeps table public.notes, which nobody here knows
-- keeps column public.notes.n, which nobody here knows
create sequence public.line_id_seq as integer increment 1 minvalue 1 maxvalue 2147483647 start 1 cache 1;
create table public.line (amount integer, id integer default nextval('public.line_id_seq'::regclass) not null, purchase_id integer not null);
alter sequence public.line_id_seq owned by public.line.id;
alter table public.line add constraint line_pkey primary key ("id");
alter table public.line add constraint line_purchase_id_fkey foreign key ("purchase_id") references public.purchase ("id") on delete cascade;
