// The model graph: models in columns by their distance from the chosen one, relations as lines.

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 170;
const ROW = 15;
const GAP_X = 90;
const GAP_Y = 26;

function svg(name, attributes, ...children) {
	const made = document.createElementNS(SVG, name);

	for (const [key, value] of Object.entries(attributes))
		made.setAttribute(key, value);
	made.append(...children);
	return made;
}

// Each model's distance from the chosen one; those that nothing leads to come last.
function distances(schema, root) {
	const distance = new Map([[root, 0]]);
	const queue = [root];

	while (queue.length > 0) {
		const model = queue.shift();

		for (const relation of schema.relationsOf(model)) {
			if (distance.has(relation.target) || !schema.model(relation.target))
				continue;
			distance.set(relation.target, distance.get(model) + 1);
			queue.push(relation.target);
		}
	}
	const last = Math.max(...distance.values()) + 1;

	for (const { name } of schema.models) {
		if (!distance.has(name))
			distance.set(name, last);
	}
	return distance;
}

function layout(schema, root) {
	const columns = [];
	const boxes = new Map();

	for (const [name, column] of distances(schema, root)) {
		const model = schema.model(name);

		columns[column] ??= 10;
		boxes.set(name, {
			model,
			x: 10 + column * (WIDTH + GAP_X),
			y: columns[column],
			height: 24 + ROW * model.fields.length,
		});
		columns[column] += boxes.get(name).height + GAP_Y;
	}
	return { boxes, width: 10 + columns.length * (WIDTH + GAP_X), height: Math.max(...columns.filter(Boolean)) + 10 };
}

// A line from side to side; within a column, around the right.
function curve(from, to, offset) {
	const y1 = from.y + 12 + offset;
	const y2 = to.y + 12 + offset;

	if (from.x === to.x) {
		const x = from.x + WIDTH;
		const out = x + 30 + offset;
		return `M${x},${y1} C${out},${y1} ${out},${y2 + (from === to ? 14 : 0)} ${x},${y2 + (from === to ? 14 : 0)}`;
	}
	const [x1, x2] = from.x < to.x ? [from.x + WIDTH, to.x] : [from.x, to.x + WIDTH];
	const middle = (x1 + x2) / 2;
	return `M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2}`;
}

export function diagramView(schema, choice, choose) {
	const { boxes, width, height } = layout(schema, choice.model);
	const lines = [];
	const drawing = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'Model graph' });
	const chosen = new Set();

	for (const path of choice.paths) {
		let model = choice.model;

		for (const name of path) {
			const relation = schema.relation(model, name);
			chosen.add(relation);
			model = relation.target;
		}
	}
	schema.relations.forEach((relation) => {
		const from = boxes.get(relation.model);
		const to = boxes.get(relation.target);

		// each line once: from the side that was ticked, else from the side of the key
		if (from === undefined || to === undefined || (!chosen.has(relation) && relation.kind.startsWith('one-to-')))
			return;
		const line = svg('path', { d: curve(from, to, (lines.length % 5) * 3) });
		line.append(svg('title', {}, `${relation.model}.${relation.name}: ${relation.kind}`));
		if (chosen.has(relation))
			line.setAttribute('class', 'chosen');
		lines.push(line);
	});
	drawing.append(...lines);
	for (const [name, { model, x, y, height: tall }] of boxes) {
		const group = svg('g', { class: name === choice.model ? 'model chosen' : 'model' },
			svg('rect', { x, y, width: WIDTH, height: tall, rx: 5 }),
			svg('text', { x: x + 8, y: y + 16, 'font-weight': 600 }, name),
			...model.fields.map((field, i) => svg('text', { x: x + 8, y: y + 32 + i * ROW, class: 'field' },
				model.primary_key?.includes(field) ? `${field} · key` : field)));

		group.addEventListener('click', () => choose(name));
		drawing.append(group);
	}
	return drawing;
}
