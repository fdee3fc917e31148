-- Settings that ALTER ROLE … SET and ALTER DATABASE … SET left, one row per role and database. The database's own
-- may be a secret (Supabase used to keep the JWT secret as app.settings.jwt_secret): where the name sounds like one, the
-- value does not leave the server.
select case when s.setrole <> 0 then pg_get_userbyid(s.setrole) end as role,
       s.setdatabase <> 0 as in_database,
       (select json_agg(case when split_part(x, '=', 1) ~* '(secret|password|passwd|token|key|credential)'
                             then split_part(x, '=', 1) || '=<hidden>' else x end order by x collate "C")
          from unnest(s.setconfig) x) as settings
  from pg_db_role_setting s
 where s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
 order by 1 nulls first, 2
