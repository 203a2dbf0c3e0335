"""Every action_id and callback_id, in one place. Buttons carry the id of what they act on as `value`."""

from enum import StrEnum


class Action(StrEnum):
    # quick prompts and the greeting
    PROMPT = "prompt"  # value: the words, sent as if the person had typed them; suffixed `:n` to be unique
    # leads and research
    LEAD_SHOW = "lead_show"
    LEAD_RESEARCH = "lead_research"
    LEAD_FIT_GOOD = "lead_fit_good"
    LEAD_FIT_BAD = "lead_fit_bad"
    LEAD_ADD_OPEN = "lead_add_open"
    LEAD_WRITE = "lead_write"  # value: lead id
    EMAIL_RIGHT = "email_right"  # value: lead id|the guessed address
    EMAIL_OTHER = "email_other"  # value: lead id
    LEADS_PAGE = "leads_page"  # value: status|offset
    RUN_STOP = "run_stop"
    RUN_EXPLAIN = "run_explain"
    # approval
    APPROVE = "approve"  # value: approval id|content hash
    REJECT_OPEN = "reject_open"
    EDIT_OPEN = "edit_open"  # value: email id
    REGENERATE_OPEN = "regenerate_open"
    SEND_TEST = "send_test"
    WRITE_ANEW = "write_anew"  # value: approval id, of drafts that expired
    HAND_OVER_OPEN = "hand_over_open"  # value: approval id
    HAND_BACK = "hand_back"  # value: lead id|approval id|user id
    DRAFT_FOLD = "draft_fold"  # value: approval id|step shown
    SOURCES_OPEN = "sources_open"
    DRAFTS_LIST = "drafts_list"
    QUEUE_PREVIOUS = "queue_previous"  # value: approval id that is shown
    QUEUE_NEXT = "queue_next"
    QUEUE_LOOK = "queue_look"  # value: approval id; suffixed to be unique; or a menu of them
    QUEUE_MINE = "queue_mine"  # value: mine or all
    QUEUE_CAMPAIGN = "queue_campaign"  # a menu: campaign id or all
    BATCH_OPEN = "batch_open"
    BATCH_APPROVE = "batch_approve"  # value: the hash over the hashes of what was summarised
    BATCH_LEAVE = "batch_leave"
    # email templates
    TEMPLATE_NEW = "template_new"  # value: the step whose built-in one it starts from; suffixed to be unique
    TEMPLATE_EDIT = "template_edit"  # value: template id
    TEMPLATE_DELETE = "template_delete"
    TEMPLATE_PREVIEW = "template_preview"  # value: own|template id, or built_in|step; suffixed to be unique
    TEMPLATE_PREVIEW_LEAD = "template_lead"  # a menu: lead id; what is shown stands in the form's metadata
    TEMPLATES_PAGE = "templates_page"  # value: offset
    # after sending
    MARK_SENT = "mark_sent"
    MARK_NOT_SENT = "mark_not_sent"
    OUTCOME = "outcome"  # suffixed by the outcome
    STOP_ALL = "stop_all"
    RESUME_ALL = "resume_all"
    WHY_NOT_SENT = "why_not_sent"
    SEQUENCE_RESUME = "sequence_resume"  # value: enrollment id
    SEQUENCE_PAUSE = "sequence_pause"  # the same
    SEQUENCE_STOP = "sequence_stop"  # the same
    CAMPAIGN_RESUME = "campaign_resume"  # value: campaign id
    # campaigns; value: campaign id, and `|list` where it was pressed in the list of campaigns
    CAMPAIGN_NEW = "campaign_new"  # value: the campaign whose approach it takes, or nothing
    CAMPAIGN_START = "campaign_start"
    CAMPAIGN_REHEARSE = "campaign_rehearse"
    CAMPAIGN_CSV = "campaign_csv"  # value: campaign id|channel|thread
    CAMPAIGN_CHANGE = "campaign_change"
    CAMPAIGN_DISCARD = "campaign_discard"
    CAMPAIGN_PAUSE = "campaign_pause"
    CAMPAIGN_GO_ON = "campaign_go_on"
    CAMPAIGN_CANCEL = "campaign_cancel"
    CAMPAIGN_ADD = "campaign_add"
    CAMPAIGNS_PAGE = "campaigns_page"  # value: offset
    CAMPAIGN_PREVIEW = "campaign_preview"  # no button: what is left to do of the form
    CAMPAIGN_ADDED = "campaign_added"  # no button: the same, of leads that are added
    CANCEL_DO = "cancel_do"  # value: JSON of campaign, company, filter
    CANCEL_LEAVE = "cancel_leave"
    # first run
    SETUP_APPROVERS = "setup_approvers"
    SETUP_COMPANY = "setup_company"
    SETUP_SENDER = "setup_sender"
    SETUP_MAILBOX = "setup_mailbox"
    MAILBOX_DISCONNECT = "mailbox_disconnect"  # value: mailbox id
    MAILBOX_AGAIN = "mailbox_again"  # value: mailbox id
    MAILBOX_SERVERS = "mailbox_servers"
    MAILBOX_TRY = "mailbox_try"  # no button: what is left to do of the form with the servers
    SETUP_WINDOW = "setup_window"
    SETUP_CHANNELS = "setup_channels"
    SETUP_BOOKING = "setup_booking"
    SETUP_EXAMPLE = "setup_example"  # the sandbox's example company
    # alerts and tasks
    ALERT_MUTE = "alert_mute"
    TASK_CANCEL = "task_cancel"
    BRIEFING_NOW = "briefing_now"
    # candidates of a search for new leads
    CANDIDATE_ACCEPT = "candidate_accept"  # value: candidate id; suffixed to be unique within its message
    CANDIDATE_DISMISS = "candidate_dismiss"
    CANDIDATES_ACCEPT = "candidates_accept"  # value: search id: all with a person
    CANDIDATES_DISMISS = "candidates_dismiss"  # value: search id: all that are left
    CANDIDATES_RESTORE = "candidates_restore"  # value: search id
    CANDIDATES_RESEARCH = "candidates_research"  # value: search id
    SEARCH_STOP = "search_stop"  # value: search id
    # files of leads; value: import id
    IMPORT_COLUMNS = "import_columns"
    IMPORT_CANCEL = "import_cancel"
    IMPORT_REPORT = "import_report"
    IMPORT_FETCH = "import_fetch"  # no button: what is left to do of the form that took the file
    EXPERIMENT_END = "experiment_end"  # value: experiment id
    # who may decide, and whom never to write to
    APPROVERS_OPEN = "approvers_open"
    SUPPRESS_ADD_OPEN = "suppress_add_open"
    SUPPRESS_REMOVE_OPEN = "suppress_remove_open"
    SUPPRESS_IMPORT_OPEN = "suppress_import_open"
    SUPPRESS_EXPORT = "suppress_export"
    SUPPRESS_FETCH = "suppress_fetch"  # no button: what is left to do of the form that took the file
    HELD_DO = "held_do"  # value: turn id|call id
    HELD_LEAVE = "held_leave"
    SHARE = "share"
    FEEDBACK = "feedback"


class View(StrEnum):
    """callback_id of modals."""

    LEAD_ADD = "lead_add_view"
    EMAIL_OTHER = "email_other_view"
    REJECT = "reject_view"
    EDIT = "edit_view"
    REGENERATE = "regenerate_view"
    SOURCES = "sources_view"
    HAND_OVER = "hand_over_view"
    APPROVERS = "approvers_view"
    SUPPRESS_ADD = "suppress_add_view"
    SUPPRESS_REMOVE = "suppress_remove_view"
    SUPPRESS_IMPORT = "suppress_import_view"
    SETUP_APPROVERS = "setup_approvers_view"
    SETUP_COMPANY = "setup_company_view"
    SETUP_SENDER = "setup_sender_view"
    SETUP_MAILBOX = "setup_mailbox_view"
    MAILBOX_SERVERS = "mailbox_servers_view"
    SETUP_WINDOW = "setup_window_view"
    SETUP_CHANNELS = "setup_channels_view"
    SETUP_BOOKING = "setup_booking_view"
    IMPORT_COLUMNS = "import_columns_view"
    IMPORT_FILE = "import_file_view"
    TEMPLATE = "template_view"
    TEMPLATE_PREVIEW = "template_preview_view"
    CAMPAIGN = "campaign_view"
    CAMPAIGN_ADD = "campaign_add_view"
    LOADING = "loading_view"


class Shortcut(StrEnum):
    ADD_AS_LEAD = "add_as_lead"


COMMAND = "/leads"
