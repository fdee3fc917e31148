-- Storage: buckets, objects, and the functions that policies on them use.
--
-- Left out are the tables for analytics and vector buckets, and the functions by which the Storage service lists
-- objects page by page; storage.search() is here in a simple form.

set local role supabase_storage_admin;

create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');

create table storage.buckets (
    id                 text primary key,
    name               text not null,
    owner              uuid,
    created_at         timestamptz default now(),
    updated_at         timestamptz default now(),
    public             boolean default false,
    avif_autodetection boolean default false,
    file_size_limit    bigint,
    allowed_mime_types text[],
    owner_id           text,
    type               storage.buckettype not null default 'STANDARD'
);

create unique index bname on storage.buckets (name);

create table storage.objects (
    id               uuid primary key default gen_random_uuid(),
    bucket_id        text constraint "objects_bucketId_fkey" references storage.buckets (id),
    name             text,
    owner            uuid,
    created_at       timestamptz default now(),
    updated_at       timestamptz default now(),
    last_accessed_at timestamptz default now(),
    metadata         jsonb,
    path_tokens      text[] generated always as (string_to_array(name, '/')) stored,
    version          text,
    owner_id         text,
    user_metadata    jsonb
);

create unique index bucketid_objname on storage.objects (bucket_id, name);
create index name_prefix_search on storage.objects (name text_pattern_ops);

create table storage.s3_multipart_uploads (
    id               text primary key,
    in_progress_size bigint not null default 0,
    upload_signature text not null,
    bucket_id        text not null references storage.buckets (id),
    key              text collate "C" not null,
    version          text not null,
    owner_id         text,
    created_at       timestamptz not null default now(),
    user_metadata    jsonb,
    metadata         jsonb
);

create table storage.s3_multipart_uploads_parts (
    id          uuid primary key default gen_random_uuid(),
    upload_id   text not null references storage.s3_multipart_uploads (id) on delete cascade,
    size        bigint not null default 0,
    part_number integer not null,
    bucket_id   text not null references storage.buckets (id),
    key         text collate "C" not null,
    etag        text not null,
    owner_id    text,
    version     text not null,
    created_at  timestamptz not null default now()
);

create table storage.migrations (
    id          integer primary key,
    name        varchar(100) not null unique,
    hash        varchar(40) not null,
    executed_at timestamp default current_timestamp
);

-- What policies ask about an object's name --------------------------------------------------------------

-- 'a/b/c.png' -> {a,b}
create function storage.foldername(name text) returns text[]
    language plpgsql immutable
as $$
declare
    parts text[] := string_to_array(name, '/');
begin
    return parts[1 : array_length(parts, 1) - 1];
end;
$$;

-- 'a/b/c.png' -> c.png
create function storage.filename(name text) returns text
    language plpgsql immutable
as $$
declare
    parts text[] := string_to_array(name, '/');
begin
    return parts[array_length(parts, 1)];
end;
$$;

-- 'a/b/c.png' -> png
create function storage.extension(name text) returns text
    language plpgsql immutable
as $$
begin
    return reverse(split_part(reverse(storage.filename(name)), '.', 1));
end;
$$;

-- Which operation of the service runs the statement, such as 'storage.object.list'.
create function storage.operation() returns text
    language plpgsql stable
as $$
begin
    return current_setting('storage.operation', true);
end;
$$;

create function storage.allow_only_operation(expected_operation text) returns boolean
    language sql stable
as $$
    select coalesce(
        nullif(regexp_replace(expected_operation, '^storage\.', ''), '')
            = regexp_replace(storage.operation(), '^storage\.', ''),
        false
    )
$$;

create function storage.allow_any_operation(expected_operations text[]) returns boolean
    language sql stable
as $$
    select exists (
        select from unnest(expected_operations) as expected
        where storage.allow_only_operation(expected)
    )
$$;

-- What the service asks ---------------------------------------------------------------------------------

create function storage.get_size_by_bucket() returns table (size bigint, bucket_id text)
    language plpgsql stable
as $$
begin
    return query
        select sum((o.metadata ->> 'size')::bigint)::bigint, o.bucket_id
        from storage.objects as o
        group by o.bucket_id;
end;
$$;

-- Tries an insert under the caller's policies, and undoes it by an error that the service understands.
create function storage.can_insert_object(bucketid text, name text, owner uuid, metadata jsonb) returns void
    language plpgsql
as $$
begin
    insert into storage.objects (bucket_id, name, owner, metadata) values (bucketid, name, owner, metadata);
    raise sqlstate 'PT200' using message = 'ROLLBACK', detail = 'rollback successful insert';
end;
$$;

-- A stand-in: one flat list by name. The service's own function also folds folders and sorts as it is told.
create function storage.search(
    prefix     text,
    bucketname text,
    limits     integer default 100,
    levels     integer default 1,
    offsets    integer default 0,
    search     text default '',
    sortcolumn text default 'name',
    sortorder  text default 'asc'
) returns table (
    name             text,
    id               uuid,
    updated_at       timestamptz,
    created_at       timestamptz,
    last_accessed_at timestamptz,
    metadata         jsonb
)
    language sql stable
as $$
    select o.name, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
    from storage.objects as o
    where o.bucket_id = bucketname and starts_with(lower(o.name), lower(prefix || search))
    order by o.name
    limit limits offset offsets
$$;

-- Triggers ----------------------------------------------------------------------------------------------

create function storage.update_updated_at_column() returns trigger
    language plpgsql
as $$
begin
    new.updated_at = now();
    return new;
end;
$$;

create trigger update_objects_updated_at
    before update on storage.objects
    for each row execute function storage.update_updated_at_column();

create function storage.enforce_bucket_name_length() returns trigger
    language plpgsql
as $$
begin
    if length(new.name) > 100 then
        raise exception 'bucket name "%" is too long (% characters). Max is 100.', new.name, length(new.name);
    end if;
    return new;
end;
$$;

create trigger enforce_bucket_name_length_trigger
    before insert or update of name on storage.buckets
    for each row execute function storage.enforce_bucket_name_length();

-- Deleting a row would leave the file behind, so only the service does it, having set storage.allow_delete_query.
-- It is a trigger per statement: a delete that matches no row is refused too.
create function storage.protect_delete() returns trigger
    language plpgsql
as $$
begin
    if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
        raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
            using errcode = '42501', hint = 'This prevents accidental data loss from orphaned objects.';
    end if;
    return null;
end;
$$;

create trigger protect_buckets_delete
    before delete on storage.buckets
    for each statement execute function storage.protect_delete();

create trigger protect_objects_delete
    before delete on storage.objects
    for each statement execute function storage.protect_delete();

-- Access ------------------------------------------------------------------------------------------------
-- Everybody may use the tables, and row-level security without a policy shows nobody anything: the policies on
-- storage.objects and storage.buckets are the project's own.

alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
alter table storage.s3_multipart_uploads enable row level security;
alter table storage.s3_multipart_uploads_parts enable row level security;
alter table storage.migrations enable row level security;

grant all on storage.buckets, storage.objects to postgres with grant option;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;

grant select on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to anon, authenticated;
grant all on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to service_role;

reset role;
