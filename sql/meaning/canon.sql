-- Brings pairs of texts to the form that the server prints them in. The questions are in a setting, the answers go into
-- another. Every text becomes a temporary view, which is parsed and printed and never run; all of it is undone.
do $supaproof$
declare
  questions constant jsonb := pg_catalog.current_setting('supaproof.canon_questions')::jsonb;
  deadline constant timestamptz := pg_catalog.clock_timestamp()
    + pg_catalog.make_interval(secs => pg_catalog.current_setting('supaproof.canon_seconds')::double precision - 0.1);
  answers jsonb := '[]';
  question jsonb;
  paths text[];
  views text[];
  tails text[];
  tail text;
  forms text[];
  settled text[];
  name text;
  statement text;
  problem text;
  state text;
  side int;
  done boolean;
  over boolean := false;
begin
  begin
    -- Event triggers have nothing to do with us. Not every role may say so; on Supabase, postgres may.
    begin
      perform pg_catalog.set_config('session_replication_role', 'replica', true);
    exception when others then
      null;
    end;
    perform pg_catalog.set_config('lock_timeout', '2s', true);
    for number in 0 .. pg_catalog.jsonb_array_length(questions) - 1 loop
      question := questions -> number;
      views := array[null, null];
      tails := array[null, null];
      forms := array[null, null];
      problem := null;
      state := null;
      side := 0;
      done := false;
      begin
        if over or pg_catalog.clock_timestamp() >= deadline then
          raise query_canceled using message = 'there was no time left';
        end if;
        paths := array[question ->> 'path', ''];
        for at in 1 .. 2 loop
          side := at;
          name := 'supaproof_canon_' || side;
          statement := 'create temporary view ' || name || ' as ' || (question -> 'statements' ->> (side - 1));
          perform pg_catalog.set_config('search_path', paths[side], true);
          execute statement;
          perform pg_catalog.set_config('search_path', '', true);
          views[side] := pg_catalog.pg_get_viewdef(pg_catalog.to_regclass('pg_temp.' || name));
          if question ->> 'form' = 'type' then
            select pg_catalog.format_type(a.atttypid, a.atttypmod) into tail
              from pg_catalog.pg_attribute a
             where a.attrelid = pg_catalog.to_regclass('pg_temp.' || name) and a.attnum = 1;
            tails[side] := tail;
            views[side] := '';
          elsif question ->> 'form' = 'index' then
            -- What follows the expression is looked at on an empty table, so that no function of the expression is run.
            select pg_catalog.format('create temporary table supaproof_canon_table_%s (v %s %s)', side,
                     pg_catalog.format_type(a.atttypid, a.atttypmod),
                     'collate ' || (select pg_catalog.format('%I.%I', n.nspname, c.collname)
                                      from pg_catalog.pg_collation c
                                      join pg_catalog.pg_namespace n on n.oid = c.collnamespace
                                     where c.oid = a.attcollation))
              into statement
              from pg_catalog.pg_attribute a
             where a.attrelid = pg_catalog.to_regclass('pg_temp.' || name) and a.attnum = 1;
            execute statement;
            statement := pg_catalog.format('create index %I on pg_temp.supaproof_canon_table_%s using %s (v %s)',
                           'supaproof_canon_index_' || side, side, question ->> 'method', question -> 'tails' ->> (side - 1));
            perform pg_catalog.set_config('search_path', paths[1], true);
            execute statement;
            perform pg_catalog.set_config('search_path', '', true);
            select pg_catalog.concat_ws(' ', (pg_catalog.pg_identify_object('pg_catalog.pg_opclass'::pg_catalog.regclass, i.indclass[0], 0)).identity,
                     (select a.attoptions::text from pg_catalog.pg_attribute a where a.attrelid = i.indexrelid and a.attnum = 1),
                     nullif(i.indcollation[0], 0)::pg_catalog.regcollation, i.indoption[0])
              into tail
              from pg_catalog.pg_index i
             where i.indexrelid = pg_catalog.to_regclass('pg_temp.supaproof_canon_index_' || side);
            tails[side] := tail;
          end if;
        end loop;
        -- What is printed may print otherwise once it is read again: after a few times it does not.
        if views[1] <> views[2] then
          for pass in 1 .. 4 loop
            settled := views;
            for at in 1 .. 2 loop
              side := at;
              name := pg_catalog.format('supaproof_canon_%s_%s', side, pass);
              execute 'create temporary view ' || name || ' as ' || views[side];
              views[side] := pg_catalog.pg_get_viewdef(pg_catalog.to_regclass('pg_temp.' || name));
            end loop;
            exit when settled = views or views[1] = views[2];
          end loop;
        end if;
        for at in 1 .. 2 loop
          -- The collation of an index is compared apart: it may stand in the expression and behind it.
          if question ->> 'form' = 'index' then
            views[at] := pg_catalog.regexp_replace(views[at],
              '^ SELECT \((.*) COLLATE (?:(?:"(?:[^"]|"")+"|[a-z0-9_]+)\.)?(?:"(?:[^"]|"")+"|[a-z0-9_]+)\) AS v', ' SELECT \1 AS v');
          end if;
          forms[at] := pg_catalog.concat_ws(' | ', nullif(views[at], ''), tails[at]);
        end loop;
        done := true;
        raise exception 'undo';
      exception when query_canceled or assert_failure or others then
        if not done then
          if sqlstate = '57014' then
            -- A cancellation before the limit is not ours: the run was ended.
            if pg_catalog.clock_timestamp() < deadline and not over then
              raise;
            end if;
            over := true;
          end if;
          problem := sqlerrm;
          state := sqlstate;
        end if;
      end;
      answers := answers || pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object(
        'forms', forms, 'side', side, 'sqlstate', state, 'problem', problem));
    end loop;
    raise exception 'undo';
  exception when raise_exception then
    null;
  end;
  perform pg_catalog.set_config('supaproof.canon_answers',
    (coalesce(nullif(pg_catalog.current_setting('supaproof.canon_answers', true), ''), '[]')::jsonb || answers)::text, true);
end
$supaproof$;
