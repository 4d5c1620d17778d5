// A page with fields that name members.

import { suggestPeople } from "./people.js";

suggestPeople();
