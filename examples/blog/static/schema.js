// What the server says of its models and relations.

export class Schema {
	constructor({ models, relations }) {
		this.models = models;
		this.relations = relations;
		this.byName = new Map(models.map((model) => [model.name, model]));
	}

	model(name) {
		return this.byName.get(name);
	}

	relationsOf(name) {
		return this.relations.filter((relation) => relation.model === name);
	}

	relation(model, name) {
		return this.relations.find((relation) => relation.model === model && relation.name === name);
	}
}

export function isToOne(relation) {
	return !relation.kind.endsWith('to-many');
}
