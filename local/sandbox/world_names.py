"""The words the world is made from. Nothing here names a real company or person."""

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Amara Owen Priya Lucas Helena Marcus Ines Theo Nadia Felix Grace Omar Yuki Daniel Rosa Ivan Leila
    Hugo Mei Caleb Zara Ethan Noor Simon Tessa Ravi Clara Diego Hana Julian Maya Victor Elise Samuel
    Farah Nolan Bianca Kofi Linnea Andre Sofia Patrick Imani Gareth Paloma Russell Anika Desmond Freya
    Tobias
    """
)
LAST_NAMES = _words(
    """
    Okafor Lindqvist Marchetti Delgado Whitfield Nakamura Osei Brennan Castellan Huang Petrov Abara
    Kincaid Sorensen Varga Mbeki Holloway Rahman Duarte Ferris Galloway Ito Jankowski Keane Lomax Mercer
    Novak Ortega Pell Quinlan Rosario Sandoval Thorne Ueda Vance Wexler Yardley Zimmer Ashdown Bellamy
    Corrigan Draper Esposito Fairbank Grieve Hargrove Iyer Jessop Kessler Langford
    """
)
GERMAN_FIRST_NAMES = (  # name, whether the feminine form of a title is used
    ("Katharina", True),
    ("Jürgen", False),
    ("Anneliese", True),
    ("Matthias", False),
    ("Friederike", True),
    ("Sören", False),
    ("Ulrike", True),
    ("Benedikt", False),
    ("Birgit", True),
    ("Holger", False),
)
GERMAN_LAST_NAMES = _words(
    """
    Größler Hartmann Vogelsang Müllenbach Steinhauer Brückner Lindenthal Weißkopf Ahrens Köhnke
    """
)

STEMS = _words(
    """
    Harborline Kestrel Bluefern Copperfield Ridgeway Lumen Saltmarsh Quarry Fernhill Redwater Larkspur
    Millbrook Tidewater Ironbridge Silverbirch Foxglove Granite Meadowlark Driftwood Stonegate
    Brightwater Oakhaven Windrose Cinder Hollowell Juniper Longmeadow Marlow Nettle Pinecrest Rookwood
    Sparrow Thistle Umber Westering Yarrow
    """
)
GERMAN_STEMS = _words(
    """
    Isarwerk Elbtal Rheinfels Havelland Nordlicht Schwarzach Alsterhof Spreebogen Taunusblick Neckartor
    """
)


@dataclass(frozen=True)
class Industry:
    """`places` are the words a person would search a map for."""

    label: str
    suffixes: tuple[str, ...]
    products: tuple[str, ...]
    offer: str
    pains: tuple[str, ...]
    places: tuple[str, ...]


INDUSTRIES = (
    Industry(
        "Industrial robotics",
        ("Robotics", "Automation"),
        ("PalletPilot", "GripLine 4", "CellGuard", "FlexTend"),
        "robot cells that load and unload pallets for mid-sized manufacturers",
        ("long commissioning times", "finding robot technicians", "unplanned downtime at customer sites"),
        ("robotics company", "automation company"),
    ),
    Industry(
        "Logistics software",
        ("Freight", "Logistics"),
        ("DockBoard", "LaneView", "YardClock", "LoadMatch"),
        "dock scheduling and freight visibility for regional carriers",
        ("empty return legs", "detention fees at customer docks", "driver turnover"),
        ("logistics company", "freight software"),
    ),
    Industry(
        "Clean energy",
        ("Solar", "Energy"),
        ("RoofYield", "GridShare", "PeakShift", "SunLedger"),
        "rooftop solar and storage for warehouses and cold stores",
        ("permit delays", "inverter supply", "slow sales cycles with landlords"),
        ("solar installer", "energy company"),
    ),
    Industry(
        "Medical devices",
        ("Medical", "Diagnostics"),
        ("PulseTrace", "WardView", "CalmCuff", "LabRelay"),
        "bedside monitoring that small hospitals can install in a day",
        (
            "evidence for procurement boards",
            "integration with old record systems",
            "service visits in rural areas",
        ),
        ("medical device company", "diagnostics company"),
    ),
    Industry(
        "Financial software",
        ("Ledger", "Payments"),
        ("CloseDesk", "PayTrail", "AuditKit", "CashLens"),
        "month-end close and payment approvals for finance teams of five to fifty",
        ("late supplier invoices", "manual reconciliation", "audit preparation"),
        ("fintech company", "accounting software"),
    ),
    Industry(
        "Food manufacturing",
        ("Foods", "Bakery"),
        ("Oat & Rye", "Larder Loaf", "Cold Dough", "Market Box"),
        "chilled dough and bread for independent cafés and grocers",
        ("flour prices", "short shelf life", "forecasting weekend demand"),
        ("bakery", "food manufacturer"),
    ),
    Industry(
        "Agricultural technology",
        ("Agritech", "Fields"),
        ("SoilCast", "RowSense", "DripMap", "HerdNote"),
        "soil sensors and irrigation planning for orchards and vineyards",
        ("poor coverage in the field", "seasonal cash flow", "trial projects that never scale"),
        ("agritech company", "irrigation supplier"),
    ),
    Industry(
        "Cyber security",
        ("Security", "Shield"),
        ("PatchLine", "VaultPass", "SignalWatch", "QuietPort"),
        "managed detection for companies without a security team",
        ("alert fatigue", "hiring analysts", "proving value to boards"),
        ("cyber security company", "managed security provider"),
    ),
    Industry(
        "Education software",
        ("Learning", "Classrooms"),
        ("LessonLoop", "SkillTree", "RosterSync", "HomeDesk"),
        "lesson planning and attendance for independent schools",
        ("short buying windows", "teacher training", "data transfer between systems"),
        ("education software", "training provider"),
    ),
    Industry(
        "Architecture and design",
        ("Studio", "Architects"),
        ("Retrofit Survey", "Daylight Study", "Mass Timber Kit", "Reuse Audit"),
        "retrofits of older office buildings into homes",
        ("slow planning decisions", "cost overruns in listed buildings", "winning repeat clients"),
        ("architect", "design studio"),
    ),
    Industry(
        "Recruitment",
        ("Talent", "Staffing"),
        ("ShiftBridge", "TradeMatch", "OnSite", "ReturnPath"),
        "skilled trades and site staff at short notice for contractors",
        ("no-shows on site", "candidate drop-off", "late client payments"),
        ("staffing agency", "recruitment company"),
    ),
    Industry(
        "Dental clinics",
        ("Dental", "Smiles"),
        ("Family Check-up", "Clear Align", "Same-day Crown", "Night Clinic"),
        "family dentistry with same-day crowns and evening hours",
        ("missed appointments", "front-desk workload", "insurance paperwork"),
        ("dentist", "dental clinic"),
    ),
)
PLUMBING = Industry(
    "Plumbing",
    ("Plumbing", "Plumbing & Drain", "Pipe Works"),
    ("LeakWatch", "DrainPass", "SameDay Heater", "PipePlan"),
    "plumbing repairs, repiping and water heaters for homes and small offices",
    ("finding licensed plumbers", "calls that nobody answers at night", "parts that arrive late"),
    ("plumber", "plumbing company"),
)
PLUMBERS = (
    ("Bluebonnet", 18),
    ("Lone Cedar", 34),
    ("Barton", 9),
    ("Zilker", 26),
    ("Hill Country", 48),
    ("Pecan", 6),
)
GERMAN_INDUSTRY = Industry(
    "Maschinenbau",
    ("Maschinenbau", "Antriebstechnik", "Werkzeugbau"),
    ("Präzisionsspindel P7", "Hubtisch HT-40", "Prüfstand Modular", "Fördertechnik Kompakt"),
    "Sondermaschinen und Prüfstände für die Automobilzulieferer der Region",
    ("Fachkräftemangel", "lange Lieferzeiten bei Gussteilen", "hohe Energiekosten"),
    ("Maschinenbau", "Werkzeugbau"),
)


@dataclass(frozen=True)
class Place:
    """`phone` has # for each digit; the ranges are the ones set aside for fiction."""

    city: str
    region: str
    country: str
    code: str
    timezone: str
    phone: str
    postcode: str
    latitude: float
    longitude: float


PLACES = (
    Place(
        "Boston", "MA", "United States", "US", "America/New_York", "+1 (617) 555-01##", "021##", 42.36, -71.06
    ),
    Place(
        "Austin", "TX", "United States", "US", "America/Chicago", "+1 (512) 555-01##", "787##", 30.27, -97.74
    ),
    Place(
        "Denver", "CO", "United States", "US", "America/Denver", "+1 (303) 555-01##", "802##", 39.74, -104.99
    ),
    Place(
        "Portland",
        "OR",
        "United States",
        "US",
        "America/Los_Angeles",
        "+1 (503) 555-01##",
        "972##",
        45.52,
        -122.68,
    ),
    Place(
        "Pittsburgh",
        "PA",
        "United States",
        "US",
        "America/New_York",
        "+1 (412) 555-01##",
        "152##",
        40.44,
        -80.0,
    ),
    Place(
        "Columbus",
        "OH",
        "United States",
        "US",
        "America/New_York",
        "+1 (614) 555-01##",
        "432##",
        39.96,
        -83.0,
    ),
    Place("Toronto", "ON", "Canada", "CA", "America/Toronto", "+1 (416) 555-01##", "M5V 2K#", 43.65, -79.38),
    Place(
        "London", "", "United Kingdom", "GB", "Europe/London", "+44 20 7946 0###", "EC1V 2N#", 51.51, -0.13
    ),
    Place(
        "Manchester", "", "United Kingdom", "GB", "Europe/London", "+44 161 496 0###", "M1 4B#", 53.48, -2.24
    ),
    Place(
        "Bristol", "", "United Kingdom", "GB", "Europe/London", "+44 117 496 0###", "BS1 5T#", 51.45, -2.59
    ),
    Place("Sydney", "NSW", "Australia", "AU", "Australia/Sydney", "+61 2 5550 ####", "20##", -33.87, 151.21),
)
GERMAN_PLACES = (
    Place("Berlin", "", "Germany", "DE", "Europe/Berlin", "030 / 23125-###", "101##", 52.52, 13.4),
    Place("Hamburg", "", "Germany", "DE", "Europe/Berlin", "040 / 66969-###", "200##", 53.55, 9.99),
    Place("München", "", "Germany", "DE", "Europe/Berlin", "089 / 99998-###", "803##", 48.14, 11.58),
    Place("Frankfurt am Main", "", "Germany", "DE", "Europe/Berlin", "069 / 90009-###", "603##", 50.11, 8.68),
)
STREETS = (
    "Canal Street",
    "Foundry Lane",
    "Mill Road",
    "Harbour Way",
    "Station Street",
    "Orchard Avenue",
    "Quay Street",
)
GERMAN_STREETS = ("Industriestraße", "Gutenbergstraße", "Am Alten Hafen", "Schillerstraße", "Werkstraße")

TITLES = (
    "Chief Executive Officer",
    "VP of Operations",
    "Head of Marketing",
    "Chief Technology Officer",
    "Director of Sales",
    "Head of People",
)
GERMAN_TITLES = (  # masculine, feminine
    ("Geschäftsführer", "Geschäftsführerin"),
    ("Leiter Vertrieb", "Leiterin Vertrieb"),
    ("Leiter Einkauf", "Leiterin Einkauf"),
    ("Technischer Leiter", "Technische Leiterin"),
    ("Leiter Personal", "Leiterin Personal"),
)
JOBS = (
    "Senior Account Executive",
    "Field Service Engineer",
    "Customer Success Lead",
    "Demand Generation Specialist",
    "Operations Analyst",
    "Backend Engineer",
    "Regional Sales Representative",
)
GERMAN_JOBS = (
    "Vertriebsingenieur (m/w/d)",
    "Konstrukteur (m/w/d)",
    "Servicetechniker (m/w/d)",
    "Einkäufer (m/w/d)",
)

INTERESTS = (
    "open-water swimming",
    "restoring old radios",
    "trail running",
    "sourdough baking",
    "sea kayaking",
    "chess problems",
    "beekeeping",
    "jazz trombone",
    "long-distance cycling",
    "bird ringing",
    "letterpress printing",
    "bouldering",
    "allotment gardening",
    "model railways",
    "choir singing",
    "fell walking",
    "woodturning",
    "film photography",
)
GERMAN_INTERESTS = ("Bergwandern", "Chorgesang", "Modellbau", "Rennrad fahren", "Imkerei", "Segelfliegen")

PODCASTS = ("The Shop Floor Hour", "Quiet Growth", "Second Shift", "Margins & Makers")
CONFERENCES = (
    "Midmarket Summit",
    "Practical Operators Day",
    "Regional Makers Forum",
    "Forward Ops Conference",
)
TALKS = (
    ("What we stopped measuring", "We cut eleven dashboards to three and nobody has asked for one back."),
    ("Hiring slowly on purpose", "Our best year came after we hired four people instead of fourteen."),
    (
        "Selling to people who hate being sold to",
        "If the first call is not useful on its own, we do not deserve a second.",
    ),
    (
        "The first ninety days with a new customer",
        "We lost two accounts in week six before we noticed what week six was.",
    ),
    ("Small batches, fewer regrets", "Shipping every Tuesday taught us more than any survey."),
    ("A field guide to boring growth", "Referrals brought 38 percent of our new customers last year."),
)
CUSTOMERS = (
    "Alder County Hospitals",
    "Bexley Grocers",
    "Corvid Distribution",
    "Dunmore Paper",
    "Eastgate Transit",
    "Farrow Mills",
)
NETWORKS = (("LinkedIn", "https://www.linkedin.com/company/{slug}"), ("X", "https://x.com/{handle}"))
