import os
from tests.pipeline.research_world import *
async def test_acc(database, workspace, redis_url, database_url):
    async with running_world(seed=int(os.environ.get('SEED','7'))) as world:
        world.box.obedient=True
        s = settings_for(world, redis_url=redis_url, database_url=database_url)
        async with opened_deps(s, database) as deps:
            ok=pub=got=0
            for p in world.box.world.people:
                c=world.box.world.company(p.company_key)
                l,r=await researched(deps, workspace, NewLead(name=p.name, company=c.name))
                pub+=p.email_public; got+=l.email is not None
                bad=[]
                if l.email not in (None,p.email): bad.append(('EMAIL',l.email))
                if p.email_public and l.email is None: bad.append('MISSED')
                if l.title not in (p.title,): bad.append(('TITLE',l.title,p.title))
                if l.linkedin_url not in (p.linkedin_url,): bad.append(('LI',l.linkedin_url))
                if l.company_domain not in (c.domain,): bad.append(('DOM',l.company_domain,c.domain))
                if bad: print(p.name,c.name,c.site_kind,bad,[ (st.get('url') or st.get('query'),st['error']) for st in r.plan['steps'] if st['error']][:3])
            print('PUBLIC',pub,'GOT',got,'OF',len(world.box.world.people))
