// Answers, line by line in JSON, what the browser's modules make of what is typed: [module's function, arguments].
import { createInterface } from "node:readline";
import { fullYear, readDay, showDay, weekday } from "../../logistics/static/logistics/days.js";
import { readQuantity, showQuantity } from "../../logistics/static/logistics/numbers.js";
import { inWords } from "../../logistics/static/logistics/words.js";

const asked = { readQuantity, showQuantity, readDay, showDay, weekday, fullYear, inWords };
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(asked[name](...given))}\n`);
}
