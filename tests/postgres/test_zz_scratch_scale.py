"""Scratch: timings and plans at 100,000 members, a million claims."""
import json, time
from datetime import UTC, datetime, timedelta, date
from uuid import UUID
import pytest
from ledger.database.connections import statement
from ledger.desk import reports

async def test_scale(ledger, owner, community):
    n = community.id
    t = time.time()
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(f"""
    INSERT INTO member SELECT {n}, md5('m'||m)::uuid, m, 'active','2020-01-01','2020-01-01',false,1,now() FROM generate_series(1,100000) m;
    INSERT INTO person (community_id, member_id, name, skeleton, languages) SELECT {n}, md5('m'||m)::uuid, 'N'||md5('n'||m), 'n'||md5('n'||m), '{{}}' FROM generate_series(1,100000) m;
    INSERT INTO claim SELECT {n}, md5('c'||c)::uuid, md5('m'||1+(c*7919)%100000)::uuid, md5('m'||1+(c*104729+1)%100000)::uuid, 'a'||c%8, '2021-01-01'::date + (c%2150)::int,
      NULL,NULL,3600,0,md5('a1')::uuid,md5('a2')::uuid,NULL,NULL,NULL,'member','2021-01-02'::timestamptz + (c%2150)*interval '1 day',NULL,'posted',2,1,3600,3600
      FROM generate_series(1,1000000::bigint) c;
    INSERT INTO account SELECT {n}, md5('a'||m)::uuid, 'member','a'||m,NULL,now() FROM generate_series(1,100000) m;
    INSERT INTO balance SELECT {n}, md5('a'||m)::uuid, (m%400-200)*900,0,NULL,NULL,20,1,false FROM generate_series(1,100000) m;
    INSERT INTO account_holder SELECT {n}, md5('a'||m)::uuid, md5('m'||m)::uuid, now() FROM generate_series(1,100000) m;
    INSERT INTO transfer SELECT {n}, md5('t'||t)::uuid, t, CASE WHEN t%50=0 THEN 'gift' ELSE 'care' END, NULL, '2021-01-01'::timestamptz + t*interval '3 minutes', NULL,NULL,sha256('x'),NULL FROM generate_series(0,999999) t;
    INSERT INTO log_leaf SELECT {n}, t, md5('t'||t)::uuid, sha256('x'),'p' FROM generate_series(0,999999) t;
    INSERT INTO entry SELECT {n}, md5('a'||(1+(t*2+p)%100000))::uuid, 1+(t*2+p)/100000, t, p, 1-2*p, 0, repeat('d',43) FROM generate_series(0,999999) t, generate_series(0,1) p;
    """)
    print("filled", time.time()-t)
    import sys
    for analysed in (False, True):
        if analysed:
            await owner.execute("VACUUM ANALYZE")
        me = await owner.fetchval("SELECT provider_id FROM claim LIMIT 1")
        acc = await owner.fetchval("SELECT account_id FROM account_holder WHERE member_id=$1", me)
        ids = [r[0] for r in await owner.fetch("SELECT member_id FROM member ORDER BY member_number DESC LIMIT 50")]
        await owner.execute("UPDATE member SET status='left' WHERE member_number > 99900")
        now = datetime.now(UTC)
        async with ledger.database.snapshot(n) as db:
            async def timed(name, coro_f):
                for _ in range(2):
                    t = time.time(); r = await coro_f(); d = time.time()-t
                print(f"{analysed} {name:30} {d*1000:8.1f} ms", len(r) if hasattr(r,'__len__') else '')
            V = dict(community_id=n)
            await timed("recents", lambda: db.rows("people/read_recents", **V, member_id=me, from_on=now.date()-timedelta(days=365), as_of=now))
            await timed("present first", lambda: db.rows("people/list_present_members", **V, after=0, but_ids=ids[:10], at_most=51))
            await timed("present mid", lambda: db.rows("people/list_present_members", **V, after=70000, but_ids=ids[:10], at_most=51))
            await timed("find rare", lambda: db.rows("people/find_present_members", **V, looks_like="nff00ff", but_ids=[me], at_most=20))
            await timed("find many", lambda: db.rows("people/find_present_members", **V, looks_like="a0", but_ids=[me], at_most=20))
            await timed("find all", lambda: db.rows("people/find_present_members", **V, looks_like="n", but_ids=[me], at_most=20))
            await timed("nameable", lambda: db.rows("people/read_nameable", **V, member_ids=ids, for_member_id=me, account_ids=[acc]))
            f, u = now.date()-timedelta(days=182), now.date()
            await timed("weeks 26", lambda: reports.read_weeks(db, n, f, u))
            await timed("weeks 10y", lambda: reports.read_weeks(db, n, date(2017,1,1), u))
            await timed("recip 26", lambda: reports.read_reciprocity(db, n, f, u))
            await timed("recip 10y", lambda: reports.read_reciprocity(db, n, date(2017,1,1), u))
            await timed("recip list", lambda: reports.list_reciprocity(db, n, f, u, reports.Reciprocity.BOTH, after=0, at_most=50))
            await timed("balances", lambda: reports.read_balances(db, n)) if False else None
            t=time.time(); b = await reports.read_balances(db, n); print("balances", time.time()-t, b)
            await timed("inactive", lambda: reports.list_inactive(db, n, u-timedelta(days=90), after=None, at_most=50))
