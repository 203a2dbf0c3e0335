import sys,types
m=types.ModuleType('pipeline.jobs'); m.__path__=['pipeline/jobs']; sys.modules['pipeline.jobs']=m
import time
from tests.pipeline.research_world import *
from db.queries import research
async def test_try(database, workspace, redis_url, database_url, recorded):
    async with running_world() as world:
        s = settings_for(world, redis_url=redis_url, database_url=database_url)
        async with opened_deps(s, database) as deps:
            import os
            n=int(os.environ.get('N','3'))
            people=[p for p in world.box.world.people if os.environ.get("WHO","") in p.name]
            step=max(1,len(people)//n)
            for p in people[::step]:
                c=world.box.world.company(p.company_key)
                t=time.time()
                l,r=await researched(deps, workspace, NewLead(name=p.name, company=c.name, email=p.email if os.environ.get('EMAIL') else None), Depth(os.environ.get('DEPTH','standard')))
                print('=====',p.name,c.name,c.site_kind,p.email,p.email_public,round(time.time()-t,2),'->',l.email,l.title,l.score,l.qualified,l.status,r.state,r.missing,r.quality, float(r.cost_cents), l.country,l.timezone,l.language)
                print('   ',l.qualification_reason)
                if os.environ.get('V'):
                    for st in r.plan['steps']: print('   ',st['state'],st['tool'],st.get('url') or st.get('query'),st['found'],st['ms'],st['error'])
                    async with database.transaction(workspace) as tx:
                        for f in await research.facts(tx.session,workspace,l.id): print('      F',f.field,'|',f.value[:90],'|',f.source,f.confidence,f.url,f.published_on)
            print(recorded.wake_ups)
