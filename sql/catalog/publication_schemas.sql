-- The schemas all of whose tables a publication takes.
select p.pubname as publication,
       n.nspname as schema
  from pg_publication_namespace r
  join pg_publication p on p.oid = r.pnpubid
  join pg_namespace n on n.oid = r.pnnspid
 order by p.pubname, n.nspname
