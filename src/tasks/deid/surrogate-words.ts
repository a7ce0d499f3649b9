/** @file Words that stand in for PHI. Common ones, so that a stand-in tells nothing. */

const list = (words: string): readonly string[] => words.split(",");

export const GIVEN_NAMES = list(
  "Alan,Alice,Andrew,Anna,Arthur,Barbara,Benjamin,Beth,Brian,Carla,Carol,Charles,Clara,Colin,Daniel,Diana,Donald,Dora,Edgar,Edith,Edward,Elaine,Ellen,Eric,Esther,Eva,Felix,Fiona,Frank,George,Gerald,Gina,Gloria,Grace,Harold,Harriet,Heidi,Henry,Howard,Hugo,Ida,Irene,Isaac,Ivan,Jane,Janet,Jason,Joan,Joel,Judith,Julia,Karen,Keith,Kevin,Laura,Lewis,Linda,Louis,Lucy,Marcus,Maria,Martha,Martin,Nancy,Nathan,Nina,Norman,Olga,Oliver,Oscar,Pamela,Paula,Peter,Philip,Rachel,Ralph,Rita,Roger,Rosa,Ruth,Samuel,Sandra,Sarah,Simon,Sonia,Stella,Stephen,Susan,Teresa,Thomas,Tina,Vera,Victor,Walter,Wanda,Yvonne",
);

export const LAST_NAMES = list(
  "Abbott,Adler,Ashford,Avery,Bailey,Barlow,Barton,Baxter,Becker,Bishop,Blake,Bowen,Bradley,Brewer,Briggs,Burton,Byrne,Calder,Carver,Chandler,Clayton,Colby,Conway,Cooper,Corbin,Cross,Dalton,Dawson,Decker,Dillon,Dixon,Doyle,Draper,Dunham,Eaton,Elder,Ellis,Emery,Farrell,Fenton,Fischer,Fleming,Foster,Fowler,Garner,Gibson,Graham,Granger,Hadley,Harmon,Hayward,Holland,Hooper,Hudson,Ingram,Jarvis,Keller,Kendall,Kirby,Lambert,Langley,Lawson,Lockwood,Lowell,Lyman,Malone,Marlow,Mercer,Merritt,Morley,Nash,Newell,Norwood,Osborn,Parsons,Payton,Pierce,Porter,Prescott,Quimby,Ramsey,Redmond,Rhodes,Rowland,Sawyer,Seaton,Shelton,Sinclair,Stanton,Sterling,Talbot,Thornton,Tilden,Travis,Underhill,Vaughn,Wallace,Warner,Weston,Whitaker,Wilder,Winslow,Yates",
);

export const CITIES = list(
  "Ashbury,Bellmont,Brookfield,Cedarville,Clearwater,Clifton,Crestwood,Eastbrook,Elmhurst,Fairview,Glendale,Greenfield,Harborview,Hillsdale,Kingsport,Lakeside,Lynwood,Maplewood,Meadowbrook,Milford,Northgate,Oakdale,Pinehurst,Ridgewood,Riverton,Rockford,Springdale,Stonebridge,Sunnyvale,Westfield,Willowbrook,Woodstock",
);

export const STATES = list(
  "Alabama,Arizona,Colorado,Delaware,Georgia,Idaho,Indiana,Iowa,Kansas,Kentucky,Maine,Maryland,Michigan,Minnesota,Montana,Nebraska,Nevada,Ohio,Oregon,Tennessee,Utah,Vermont,Virginia,Wisconsin,Wyoming",
);

export const COUNTRIES = list(
  "Argentina,Austria,Belgium,Brazil,Canada,Chile,Denmark,Egypt,Finland,France,Ghana,Greece,India,Ireland,Italy,Japan,Kenya,Mexico,Norway,Peru,Poland,Portugal,Spain,Sweden,Thailand,Uruguay,Vietnam",
);

export const HOSPITALS = list(
  "Bellmont General Hospital,Brookfield Medical Center,Cedar Valley Hospital,Clearwater Clinic,Eastbrook Memorial Hospital,Fairview Community Hospital,Greenfield Medical Center,Harborview Clinic,Hillsdale Regional Hospital,Lakeside Hospital,Meadowbrook Medical Center,Northgate Memorial Hospital,Oakdale Clinic,Pinehurst Rehabilitation Center,Ridgewood General Hospital,Riverton Health Center,Rockford County Hospital,Springdale Medical Center,Stonebridge Hospital,Westfield Memorial Hospital",
);

export const ORGANIZATIONS = list(
  "Amber Logistics,Beacon Foods,Blue Harbor Textiles,Cobalt Systems,Copper Ridge Mining,Delta Freight,Evergreen Supply,Falcon Motors,Granite Works,Ivory Paper Company,Juniper Software,Keystone Printing,Lantern Insurance,Maple Leaf Bakery,Nova Electric,Orchard Markets,Pioneer Tools,Quarry Builders,Silver Creek Farms,Tidewater Shipping",
);

export const DEPARTMENTS = list(
  "Ward A,Ward B,Ward C,Ward D,Ward E,Ward F,Unit 1,Unit 2,Unit 3,Unit 4,Unit 5,Unit 6,East Wing,West Wing,North Wing,South Wing",
);

export const STREETS = list(
  "Alder Street,Ash Lane,Bay Road,Birch Avenue,Cedar Court,Chestnut Street,Cypress Lane,Dogwood Drive,Elm Street,Fern Road,Garden Lane,Harbor Street,Hazel Court,Hickory Drive,Juniper Road,Laurel Avenue,Linden Street,Magnolia Lane,Maple Avenue,Orchard Road,Poplar Street,Rowan Drive,Spruce Lane,Sycamore Road,Walnut Street,Willow Court",
);

export const PROFESSIONS = list(
  "accountant,baker,bookkeeper,carpenter,cashier,clerk,cook,driver,electrician,engineer,farmer,florist,gardener,jeweler,librarian,mechanic,musician,painter,plumber,printer,salesman,secretary,tailor,teacher,technician,typist,waiter,welder",
);
