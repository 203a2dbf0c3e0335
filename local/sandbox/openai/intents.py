"""The sentences the scripted model understands, first match wins: name, what it sounds like, what to do."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Callable
from dataclasses import dataclass

from local.sandbox.openai import act, ask, campaigns, experiments, rights, templates
from local.sandbox.openai.plans import Plan, Sentence

Make = Callable[[Sentence, re.Match[str]], Plan | None]
LEADS = r"(?:leads?|contacts?|prospects?|people)"
REPORT = r"(?:report|summary|briefing|digest|update)s?"
RATE = r"(?:open|click|reply|response|bounce|unsubscribe|conversion)[ -]?rates?"

IMPROVING = (
    "What usually helps: a short subject that names something specific, one detail from the research in the first "
    "two lines, one clear question, and sending within the lead's working hours."
)


@dataclass(frozen=True)
class Intent:
    name: str
    pattern: re.Pattern[str]
    make: Make


def _intent(name: str, make: Make, *patterns: str) -> Intent:
    """Patterns are searched from the start of the sentence; groups are shared, so one alternative names each."""
    return Intent(
        name, re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE | re.DOTALL), make
    )


INTENTS = (
    _intent("save_template", templates.save,
            r"^(?:save|create|make|add|write|change|edit|update)\b[^“\"]{0,40}\btemplate\b"),
    _intent("list_templates", templates.listed,
            r"^(?:show|list|what|which|see|give|open|look)\b[^“\"]{0,40}\btemplates?\b"),
    _intent("write_again", rights.again,
            r"^(?:take|remove|delete|drop|get|strike)\b.*\b(?:off|from|out of)\b.*\b(?:list|suppressions?|blacklist|blocklist)\b", r"^(?:unsuppress|unblock|allow (?:writing|e-?mails?|mail) to)\b"),
    _intent("never_write", rights.never,
            r"^(?:never|(?:do not|don't) ever|don't|do not) (?:again )?(?:write|e-?mail|mail|contact|send|reach out)\b", r"^(?:suppress|block|blacklist|blocklist)\b", r"^(?:put|add)\b.*\b(?:suppression|never|do[- ]not[- ](?:contact|mail|write))\b.*\blist\b"),
    _intent("no_approver", rights.no_approver,
            r"^(?:remove|drop|take)\s+(?P<who>.+?)\s+(?:as (?:an? )?|from (?:the |our )?|off (?:the )?)approvers?\b", ),
    _intent("approve_no_more", rights.no_approver, r"^(?P<who>(?!(?:what|who|how|why|i|you)\b).{2,60}?) (?:may|can|should|shall|must) (?:no longer|not) approve\b"),
    _intent("approver", rights.approver, r"^(?:make|let|have|appoint)\s+(?P<who>.+?)\s+(?:be )?(?:an? )?approve[rs]?\b"),
    _intent("add_approver", rights.approver, r"^add\s+(?P<who>.+?)\s+(?:as (?:an? )?|to (?:the |our )?)approvers?\b"),
    _intent("waiting_drafts", rights.drafts,
            r"^(?:show|list|open|see|view|give|bring|let me see|what|which|review|go through)\b.*\bdrafts?\b.*\b(?:wait|waits|waiting|pending|approv\w*|open)\b",
            r"^(?:show|open|review|see|go through)(?: me| us)?(?: the| my| our| all)* (?:waiting |pending |open )?drafts\W*$", r"^(?:what|which|anything)\b.*\b(?:waits?|waiting) for (?:my |an? |our )?approval\b"),
    _intent("end_experiment", experiments.end,
            r"^(?:end|stop|finish|close|cancel|abort|conclude)\b.*\b(?:experiment|a/?b[ -]?test|comparison)\b"),
    _intent("start_experiment", experiments.start,
            r"^(?:compare|a/?b[ -]?test|test|try)\b(?=.*\b(?:openai|gpt|gemini|prompts?|approach(?:es)?)\b)(?=.*\b(?:with|and|against|to|versus|vs|or)\b).*",
            r"^(?:start|begin|run|set up|make|launch|do|create)\b.*\b(?:experiment|a/?b[ -]?test|comparison)\b"),
    _intent("experiment_results", experiments.results,
            r"^(?:how|what|show|is|are|any|which|who|tell|give|does|do|did|has)\b.*\b(?:experiment|a/?b[ -]?test)s?\b",
            r"^(?:is|does|did|which|what|who)\b.*\b(?:gemini|openai)\b.*\b(?:better|winning|ahead|wins?|won|replies)\b"),
    _intent("stop_sending", act.stop_sending,
            r"^(?:stop|halt|freeze|pause|block) (?:all |any |every )?(?:the |our |my )?(?:sending|e-?mails?|outreach|mails|sends)\b(?!.*\b(?:to|for|from|campaign))",
            r"^(?:stop|halt|freeze|pause) (?:everything|all of it)\b", r"^(?:emergency stop|don't send anything|do not send anything|stop sending)\b(?!.*\bto\b)"),
    _intent("resume_sending", act.resume_sending,
            r"^(?:start|resume|restart|continue|re-?enable|re-?start|allow|unpause|turn on|begin) (?:all |the |our |with )?(?:sending|e-?mails?|outreach)\b",
            r"^(?:lift|release|end) the (?:stop|freeze|sending stop)\b", r"^(?:resume|start|unpause) everything\b"),
    _intent("why_not_sent", ask.why_not_sent,
            r"^(?:(?:how come|what) )?why\b.*\b(?:e-?mails?|mails?|message|draft|sequence|follow-?ups?)\b.*?\b(?:to|for)\s+(?P<who>.+?)\s+(?:been |being |get |got |gone |go |going )?(?:sent|send|sending|out|delivered|on hold|waiting|stuck|held|late|delayed)\b",
            r"^why\b.*?\b(?:hasn't|haven't|has|have|didn't|did|isn't|wasn't|is|not|doesn't)\b.*?\b(?:emailed|contacted|written to|sent (?:anything|an? e-?mail|the e-?mail)? ?(?:to)?|e-?mail(?:ed)? (?:to)?)\s+(?P<who2>\S.+)$",),
    _intent("why_not_sent_passive", ask.why_not_sent,
            r"^why (?:hasn't|has|isn't|is|wasn't|was|didn't|did) (?P<who>.+?)(?:'s (?:e-?mail|draft|message))? (?:not )?(?:been |got |gotten |get )?(?:e-?mailed|contacted|written to|sent|(?:an|any|the) e-?mail|on hold|held|waiting)\b",
            r"^what(?:'s| is) (?:holding|blocking|keeping)(?: up| back)? (?:the |my |our )?(?:e-?mails?|mails?|draft|message) (?:to|for) (?P<who2>.+)$"),
    _intent("why_not_sent_it", ask.why_not_sent, r"^why\b.*\b(?:not|n't)\b.*\b(?:sent|go(?:ne)? out|send)\b",
            r"^when (?:will|does|is|do)\b.*\b(?:e-?mails?|mails?|message|draft|sequence)\b.*?\b(?:to|for)\s+(?P<who>.+?)\s+(?:be |get |going |go |getting |being )?(?:sent|out|go)\b"),
    _intent("explain_research", ask.explain,
            r"^how (?:did|have|do) (?:you|we) (?:research(?:ed)?|investigate[d]?|find out about|found out about|look(?:ed)? up|(?:find|get|gather) (?:all )?(?:the |your )?(?:info(?:rmation)?|facts|data|details) (?:on|about|for)|find|learn(?:ed)? about)\s+(?P<who>\S.*)$",
            r"^(?:what did you do|which (?:steps|sources) did you (?:take|use)|where did you (?:look|find|get)(?: .*?)?) (?:to research|when researching|for|on|about|in researching|to find)\s+(?P<who2>\S.*)$"),
    _intent("explain_sources", ask.explain,
            r"^(?:explain|walk me through|describe|show(?: me)?|what are|list|give me) (?:how you (?:researched|found)|(?:the |your )?(?:research(?: steps)?|sources|evidence)(?: (?:of|on|for|about|behind|into))?)\s+(?P<who>\S.*)$"),
    _intent("remind", act.remind,
            r"^(?:set (?:up )?|create |add |make )?(?:me )?(?:a |an )?(?:reminder|alarm)s?\b[ :,-]*(?P<what>.*)$"),
    _intent("remind_me", act.remind,
            r"^(?:remind|ping|nudge) (?:me|us)\b[ :,-]*(?P<what>.*)$"),
    _intent("cancel_task", act.cancel_task,
            r"^(?:cancel|delete|remove|drop|stop|forget|kill|end)\s+(?:the |my |that |this |our )?(?P<before>(?:[\w:'-]+ ){0,3}?)(?P<kind>reminder|task|report|briefing|summary|digest)s?\b(?P<task>.*)$"),
    _intent("add_to_campaign", campaigns.add,
            r"^(?:add|put|include|enroll?)\s+(?P<who>.+?)\s+(?:to|in|into|on)\s+(?P<campaign>(?:(?!\b(?:to|into)\b).)*?)\bcampaign\b(?:\s+(?:called |named )?(?P<called>\S.*))?$"),
    _intent("rehearse_campaign", campaigns.rehearse,
            r"^(?:rehearse|simulate|dry[- ]run|play through|(?:do|run|make) a (?:rehearsal|simulation|dry[- ]run) (?:of|for|with))\s+(?P<campaign>.+)$"),
    _intent("cancel_campaign", campaigns.cancel,
            r"^(?:cancel|end|kill|abort|terminate|delete|call off)\b.*\b(?:campaigns?|sequences?)\b"),
    _intent("report", act.report,
            rf"^(?:send|give|post|mail|write|get|make|schedule|set up|i want|i'd like|i need)\b.*\b{REPORT}\b(?=.*\b(?:every|each|daily|weekly|monthly|at \d|tomorrow))",
            rf"^(?:send|give|post|mail|write|get|make|schedule|set up|i want|i'd like|i need)\b.*\b(?:every|each|daily|weekly|monthly)\b.*\b{REPORT}\b",
            rf"^(?:every|each)\b.*\b{REPORT}\b"),
    _intent("recurring", act.recurring, r"^(?=(?:every|each) (?:\w+ )?(?:morning|evening|day|weekday|week|month|hour|afternoon|mon|tue|wed|thu|fri|sat|sun))(?P<what>.+)$"),
    _intent("tasks", ask.tasks,
            r"^(?:what|which|show|list|any|do i|have i|are there|give|check)\b.*\b(?:tasks?|reminders?|to-?dos?|to do list|agenda)\b",
            r"^(?:my |today's |this week's )?(?:tasks|reminders|to-?dos|to-?do list|agenda)\b", r"^what(?:'s| is| do i have) (?:on my plate|due|scheduled|planned|on my agenda|to do)\b"),
    _intent("that_campaign", ask.that_campaign,
            r"\b(?:that|the) campaign (?:that )?we (?:discussed|talked about|spoke about|spoke of|mentioned|looked at|planned|set up|started)\b",
            r"^how(?:'s| is| are| was| did)\b.*\b(?:that|this|the) campaign\b(?! rates?)"),
    _intent("same_approach", act.same_approach, r"^(?:use|apply|take|do|go with|repeat|try) (?:again )?(?:the|that) (?:same )?(?:approach|strategy|style|tone|template|thing|playbook)\b.*"),
    _intent("remember", act.remember, r"^(?:remember|keep in mind|note|don't forget|bear in mind|make a note|take note)\b(?: down)?[ ,:]*(?:that\s+)?(?P<note>(?!(?:that|the) campaign we).+)$"),
    _intent("priority", act.priority,
            r"^(?:add|put|move|mark|flag|tag|make|set)\s+(?P<who>.+?)\s+(?:to|on|onto|as|in|with|into)?\s*(?:my |the |our |a |high |top )*priorit(?:y|ies)\b"),
    _intent("prioritise", act.priority, r"^(?:prioriti[sz]e)\s+(?P<who>.+)$"),
    _intent("resume_campaign", campaigns.resume,
            r"^(?:resume|restart|unpause|continue|re-?activate|start)\b.*\bcampaigns?\b.*\bagain\b", r"^(?:resume|restart|unpause|continue|re-?activate)\b.*\bcampaigns?\b",
            r"^(?:resume|unpause|restart) (?:e-?mails?|sending|outreach) (?:to|for|from)\b"),
    _intent("pause_campaign", campaigns.pause, r"^(?:pause|hold|halt|suspend|stop|put on hold|freeze)\b.*\b(?:campaigns?|sequences?)\b",
            r"^(?:pause|hold|halt|suspend|stop) (?:all |the |any )?(?:e-?mails?|sending|outreach)(?: sending)? (?:to|for|from)\b"),
    _intent("research_latest", act.research_latest,
            rf"^(?:research|look up|investigate|do research on|run research on|dig into|enrich)\s+(?:the |our |my |all |all the |all of the )?(?:(?:\d+|ten|five|three|two|twenty|a dozen) )?(?:latest|newest|last|most recent|recent|next|new|unresearched|remaining)\b.*\b{LEADS}\b",
            rf"^(?:research|enrich|investigate|look up)\s+(?:all(?: my| our| the)?|the|my|our|\d+)\s+(?:\d+ )?{LEADS}\b(?!\s+(?:from|at|named|called))"),
    _intent("approval", ask.approval, r"^(?:approve|reject|sign off)\b", r"^send (?:(?:it|them|the (?:draft|e-?mail|mail|message)s?)\b.*\b(?:now|out)\b|(?:it|them)$|the (?:draft|e-?mail|mail|message)s?$)"),
    _intent("campaign", campaigns.campaign,
            r"^(?:schedule|set up|setup|launch|start|create|run|plan|begin|queue|kick off|prepare|make|build|do|send)\b.*\b(?:campaigns?|sequences?|outreach|follow-?ups?|drip)\b",
            r"^(?:write|draft|send|prepare|compose|schedule)\b.*\b(?:e-?mails?|mails?|messages?|drafts?)\b.*\b(?:to|for)\b", r"^(?:e-?mail|contact|reach out to|write to|mail|follow up with)\s+\S"),
    _intent("find_companies", act.find_companies,
            r"^(?:please )?(?:find|get|look for|search for|discover|give me|i need)\s+(?:me |us )?(?:(?:about |some |up to )?(?P<number>\d+)\s+)?(?:some |more |new )*(?:the (?P<role>[\w ]{3,40}?) of )?(?P<kind>(?!my |our |the )[\w&,' -]{2,60}?\b(?:companies|company|business(?:es)?|firms?|agenc(?:y|ies)|shops?|manufacturers?|suppliers?|startups?|start-ups?|clinics?|practices?|makers?|studios?|contractors?|dealers?|plumbers?|dentists?|lawyers?|attorneys?|electricians?|accountants?|restaurants?|baker(?:y|ies)|gyms?|salons?|realtors?|architects?|hotels?))\b(?:\s+(?:in|near|around|from)\s+(?P<place>[^?!]+?))?(?:,?\s+(?:(?:with|of|that have|having)\s+(?:(?:more|less|fewer|over|under|at|up|min|max|between)\b|\d)|(?:that were |which were )?(?:founded|started|established)\b).*)?[.?!]*$"),
    _intent("new_leads", ask.new_leads, rf"^(?:find|get|show|give|look for|search(?: for)?|discover|list|any)\b.*\bnew {LEADS}\b", rf"\bnew {LEADS} to research\b", rf"^(?:find|get|look for|search for) (?:me )?(?:some )?(?:more )?{LEADS}\b"),
    _intent("research", act.research,
            r"^(?:research|look up|look into|investigate|dig into|find out (?:more |everything |all )?about|(?:do |run |start |begin )?(?:some |a |quick |deep |standard |in-depth )*research (?:on|about|into|for)?|check out|google|enrich|(?:quickly|deeply|thoroughly) research|get (?:me )?(?:info|information) on)\s+(?:on |about |into |for )?(?P<who>\S.*)$"),
    _intent("happened", ask.happened,
            r"^what(?:'s| has|'re| is)? (?:happened|become|happening|new|up|going on|the (?:status|latest|state)|the latest news)\s+(?:with|to|of|on|about|from|for|in)\s+(?P<who>.+)$",
            r"^(?:any (?:news|update|updates|reply|answer|word) (?:from|on|about|of)|how(?:'s| is) it going with|what about)\s+(?P<who2>.+)$"),
    _intent("likely", ask.likely, rf"\b{LEADS}\b.*\b(?:likely|likeliest|most promising|convert|close)\b", rf"\b(?:hottest|warmest|most promising)\b.*\b{LEADS}\b", r"^who(?:'s| is| are)\b.*\b(?:most )?likely\b"),
    _intent("focus", ask.focus, r"^(?:what|where|which|who)\b.*\b(?:focus|prioriti[sz]e|concentrate|work on|tackle|do (?:first|next|today|now)|most important|attention)\b", r"^(?:plan my day|my priorities|what(?:'s| is) (?:next|important)|any suggestions|what now)\b"),
    _intent("improve", ask.numbers("email", "month", "Let me look at how your emails do.", closing=IMPROVING),
            r"^(?:how|what|any|give)\b.*\b(?:improve|increase|raise|better|boost|get more|fix|optimi[sz]e|tips?|ideas?)\b.*\b(?:rates?|e-?mails?|replies|opens|clicks|subject lines?|deliverability|results?)\b"),
    _intent("patterns", ask.numbers("campaign", "all", "Let me compare your campaigns."), r"\bpatterns?\b", r"^what (?:works|worked|makes|do (?:our |my |the )?(?:successful|best))\b", r"\b(?:successful|best) campaigns?\b.*\bcommon\b"),
    _intent("top_campaigns", ask.numbers("campaign", "all", "Let me rank your campaigns."), r"\b(?:top|best|worst|strongest|weakest|highest|lowest)\b.*\bcampaigns?\b", r"\bcampaigns?\b.*\b(?:best|top|worst|performing best)\b"),
    _intent("campaign_numbers", ask.numbers("campaign", "all", "Let me pull up the numbers."),
            rf"\b{RATE}\b.*\bcampaigns?\b", r"\bcampaigns?\b.*\b(?:performance|performing|results?|numbers|stats|statistics|metrics|doing|going|status|analytics|perform(?:ed)?|do|go)\b", r"\b(?:performance|results?|stats|numbers|metrics|analytics)\b.*\bcampaigns?\b",
            r"^(?:show|list|which|what|how many|give)\b.*\bcampaigns?\b"),
    _intent("email_numbers", ask.numbers("email", "month", "Let me pull up the numbers."), rf"\b{RATE}\b", r"^how many\b.*\b(?:e-?mails?|mails?|messages?|drafts?|bounces|opens|clicks|replies|answers)\b", r"\be-?mails?\b.*\b(?:performance|performing|stats|results?|metrics|doing)\b"),
    _intent("lead_numbers", ask.numbers("lead", "all", "Let me pull up the numbers."), r"\blead (?:stats|statistics|numbers|metrics|analytics|quality)\b", r"\bhow (?:good|well qualified) are (?:my|our|the) leads\b", r"\bqualification rate\b"),
    _intent("overview", ask.numbers("overview", "week", "Let me pull up the numbers."), r"^how(?:'s| is| are| did| have) (?:we|things|it|i|business|everything|today|this week|the week|my day|our outreach)\b.*", r"\b(?:overview|dashboard|performance|summari[sz]e|analytics|statistics|stats|kpis?|metrics|briefing|my numbers|our numbers|the numbers|summary|insights)\b"),
    _intent("leads", ask.leads, rf"^(?:how many|which|what|show|list|get|give|find|display|who|any|do we have|are there|tell|see|my|our|all|count|search)\b.*\b{LEADS}\b", rf"^{LEADS}\b", r"^who (?:has )?(?:replied|answered|responded|bounced|unsubscribed)\b", r"^(?:how many|which) .*\b(?:replied|answered|responded|bounced|unsubscribed)\b", r"\bpriority list\b"),
    _intent("add", act.add, rf"^(?:add|create|store|save|import|enter|register|note|new)\s+(?!(?:a |an |the |my )?(?:note|template|mailbox|signature|link|tag|comment|channel|user|approver)s?\b)(?:(?:a |an |the |these |this |following |new |as |my )*(?:{LEADS})\b\s*[:,-]?\s*)?(?P<who>\S.*)$"),
    _intent("help", ask.help_, r"^(?:how (?:do|can|should) i\b|connect\b|help|who (?:are|r) (?:you|u)|what (?:can|do) (?:you|u) (?:do|understand|know how)|what are (?:you|u)|what is this|how (?:does|do) (?:this|you|it|i) (?:work|use|start|begin)|how can you help|commands|menu|examples|get(?:ting)? started|what(?:'s| is) your name|introduce yourself|what should i (?:say|ask|type))\b"),
    _intent("show", ask.show,
            r"^(?:show|open|display|pull up|bring up|see|view)(?: me| us)?(?: everything| all| what)?(?: (?:you|we) know)?(?: (?:about|of|on))?\s+(?:the (?:details|dossier|profile|card|info|facts) (?:of|on|for|about) )?(?P<who>\S.*)$",
            r"^(?:tell me (?:more |everything |all )?about|who(?:'s| is)|what do (?:you|we) (?:know|have) (?:about|of|on)|(?:give me )?(?:the )?(?:details|info|information|dossier|profile) (?:of|on|for|about)|about|more (?:on|about))\s+(?P<who2>\S.*)$"),
    _intent("agreed", act.agreed, r"^(?:yes|yep|yeah|sure|ok|okay|do it|go ahead|go|please do|research them|all of them|sounds good)\b"),
    _intent("thanks", ask.thanks, r"^(?:ok|okay|yes|no|nope|sure|thanks|thank you|thx|cheers|great|perfect|nice|cool|awesome|good job|well done|bye|goodbye)\b[^?]{0,40}$"),
    _intent("hello", ask.hello, r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|hallo|moin|yo)\b[^?]{0,25}$"),
    _intent("just_a_person", act.add, r"^(?!(?:unsubscribe|delete|remove|block|suppress|erase|call|send|why|what|who|how|when|is|do|does|did|can|stop|ignore)\b)(?P<who>[^?\n]*\b[\w.+-]+@[\w-]+\.[\w.-]+[^?\n]*)$"),
)  # fmt: skip


def understand(said: Sentence) -> Plan | None:
    """What to do about a sentence; None where it sounds like nothing known."""
    for intent in INTENTS:
        match = intent.pattern.search(said.text)
        plan = intent.make(said, match) if match else None
        if plan is not None:
            return plan
    return None
