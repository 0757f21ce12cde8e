/** Draws docs/environments/magnetic.svg: `deno run --allow-read --allow-env --allow-write=docs tests/envs/magnetic/draw_picture.ts`. */
import { Rng } from "../../../lib/core/rng.ts";
import { create, parseOptions } from "../../../lib/envs/magnetic/magnetic.ts";
import { recordPoses } from "../../../lib/envs/magnetic/scene.ts";
import { sceneSvg } from "../../../reports/render/scene_svg.ts";
import { red } from "../../../lib/envs/magnetic/variables.ts";
import { actionsToBall, episode, withValues } from "./magnetic_fixtures.ts";

const environment = await create(parseOptions({}), 1);
const rng = new Rng(1);
const start = withValues(environment.reset("train", { count: 1, rng }), {
  ballColor: red,
  boxColor: red,
  ballX: 0.2,
  ballY: -0.3,
  boxX: 0.18,
  boxY: 0.1,
});
// A hand that comes slowly, so that the ball gets on its way.
const act = (state: typeof start) => actionsToBall(state).map((action) => 0.2 * action);
const states = episode(environment, { start, act, steps: 12, rng });
environment.dispose();
const title = "A robot arm reaches for a red ball on a table, which moves towards a red box";
const path = new URL("../../../docs/environments/magnetic.svg", import.meta.url);
await Deno.writeTextFile(path, sceneSvg(recordPoses(states), { width: 720, height: 600, title }));
