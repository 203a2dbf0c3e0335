-- Leads and what people said of their fit.

CREATE TABLE leads (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    name text NOT NULL,
    email text,
    email_status text DEFAULT 'missing' NOT NULL,
    email_note text,
    company text,
    company_domain text,
    title text,
    linkedin_url text,
    website_url text,
    ig_url text,
    twitter_url text,
    phone text,
    location text,
    country text,
    timezone text,
    language text,
    status text DEFAULT 'new' NOT NULL,
    score integer DEFAULT 0 NOT NULL,
    tags text[] DEFAULT '{}' NOT NULL,
    source text,
    qualified boolean,
    qualification_reason text,
    data_quality integer,
    owner_user_id text,
    created_by text,
    researched_at timestamptz,
    outcome text,
    search text GENERATED ALWAYS AS (lower(name || ' ' || coalesce(email, '') || ' ' || coalesce(company, ''))) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_leads PRIMARY KEY (id),
    CONSTRAINT ck_leads_valid_status CHECK (status IN (
        'new', 'researching', 'researched', 'emailed', 'replied', 'unsubscribed', 'bounced'
    )),
    CONSTRAINT ck_leads_valid_email_status CHECK (email_status IN (
        'missing', 'given', 'found', 'guessed', 'confirmed', 'invalid'
    )),
    CONSTRAINT ck_leads_valid_email CHECK (email ~* '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$'),
    CONSTRAINT ck_leads_email_once_researched CHECK (email IS NOT NULL OR status IN ('new', 'researching')),
    CONSTRAINT ck_leads_valid_score CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT ck_leads_valid_name CHECK (char_length(name) BETWEEN 2 AND 100),
    CONSTRAINT fk_leads_workspace_id FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_leads_created_at ON leads (workspace_id, created_at);
CREATE INDEX ix_leads_domain ON leads (workspace_id, company_domain);
CREATE INDEX ix_leads_search ON leads USING gin (search gin_trgm_ops);
CREATE INDEX ix_leads_status ON leads (workspace_id, status);
CREATE INDEX ix_leads_tags ON leads USING gin (tags);
CREATE UNIQUE INDEX uq_leads_email ON leads (workspace_id, lower(email));

CREATE TABLE lead_fits (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    user_id text NOT NULL,
    good boolean NOT NULL,
    predicted boolean,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_lead_fits PRIMARY KEY (id),
    CONSTRAINT uq_lead_fits_lead_id_user_id UNIQUE (lead_id, user_id),
    CONSTRAINT fk_lead_fits_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_lead_fits_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE CASCADE
);
