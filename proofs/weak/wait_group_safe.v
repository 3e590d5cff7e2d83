(* SPDX-License-Identifier: BSL-1.0 *)
(** wait_group under a release/acquire memory, with the orders of the source: whoever returns from a wait has left no task
    behind and has seen what they did, and whoever is alone with the group after a wait may destroy it.

    What the proof rests on. While tasks are left the phase is the one that it was when the owner last added, and nobody is
    about to move it on; so whoever registers then sleeps on that phase, and finds it moved on only once no task is left.
    The last message of the word knows of all that a task has done that is done, and the message in which the count came to
    zero knew it already. The last message of the phase is known to the owner, or to a wait that has yet to return, or will
    be learnt by one that is asleep. *)
From stdpp Require Import gmap.
From iris.prelude Require Import prelude.
From sluice_weak Require Import memory wait_group.
Local Arguments upd : simpl never. Local Arguments add : simpl never. Local Arguments set : simpl never.

Local Arguments upd : simpl never. Local Arguments add : simpl never. Local Arguments set : simpl never.

(** ** Invariant *)
Definition knows_cells (V W : view) := ∀ τ, W (Use τ) ≤ V (Use τ) ∧ W (Work τ) ≤ V (Work τ).
(* the last message of the word, the one that the owner's add left, of the phase, the one that was the last then; who is what *)
Record aux := Aux { T : nat; E : nat; P : nat; Q : nat; sm : msg; pm : msg; Ts : gset nat; Ws : gset nat }.
Definition tasks a := (mval (sm a)).1.
Definition at_pc a (V : view) p := match p with
  | Again p => Q a ≤ p ≤ P a
  | Register p c w => Q a ≤ p ≤ P a ∧ c ≠ 0
  | Asleep p => p = Q a
  | Leave => P a = S (Q a) ∧ knows V (mview (pm a))
  | Back => tasks a = 0 ∧ knows_cells V (mview (sm a))
  | _ => True end.
Definition will_know a (x : view * pc) := (∃ p, x.2 = Asleep p) ∨ (waits x.2 ∧ knows x.1 (mview (pm a))).

Record inv (s : state) a : Prop := {
  i_word t : t ≤ T a → is_Some (H s Word t);
  i_word' t (m : msg) : H s Word t = Some m → t ≤ T a;
  i_sm : H s Word (T a) = Some (sm a) ∧ mval (sm a) = (todo s + size (Ts a), size (Ws a));
  i_phase t : t ≤ P a → is_Some (H s Phase t);
  i_phase' t (m : msg) : H s Phase t = Some m → t ≤ P a ∧ mval m = (t, 0);
  i_pm : H s Phase (P a) = Some (pm a) ∧ mview (pm a) Phase = P a;
  i_tasks τ : τ ∈ Ts a ↔ (thr s τ).2 = Task;
  i_registered τ : τ ∈ Ws a ↔ registered (thr s τ).2;
  i_owner : E a ≤ owner s Word ∧ Q a ≤ owner s Phase ∧ Q a ≤ P a ≤ S (Q a);
  i_left : tasks a ≠ 0 → P a = Q a ∧ ∀ τ, (thr s τ).2 ≠ Tell;
  i_zero t (m : msg) : E a ≤ t → H s Word t = Some m → (mval m).1 = 0 → tasks a = 0 ∧ knows_cells (mview m) (mview (sm a));
  i_own τ : use s τ ≤ (thr s τ).1 (Use τ) ∧ work s τ ≤ (thr s τ).1 (Work τ);
  i_work τ : (thr s τ).2 ≠ Task → work s τ ≤ mview (sm a) (Work τ);
  i_use τ : (thr s τ).2 ≠ Task → ¬ waits (thr s τ).2 →
    use s τ ≤ owner s (Use τ) `max` (mview (sm a) (Use τ) `max` mview (pm a) (Use τ));
  i_tell τ : (thr s τ).2 = Tell → P a = Q a ∧ ∃ τ', registered (thr s τ').2;
  i_one τ τ' : (thr s τ).2 = Tell → (thr s τ').2 = Tell → τ = τ';
  i_waits τ : waits (thr s τ).2 → E a ≤ (thr s τ).1 Word ∧ Q a ≤ (thr s τ).1 Phase;
  i_pc τ : at_pc a (thr s τ).1 (thr s τ).2;
  i_moved : knows (owner s) (mview (pm a)) ∨ ∃ τ, will_know a (thr s τ);
  i_waited : waited s = true → tasks a = 0 ∧ knows_cells (owner s) (mview (sm a)) }.

Lemma inv_init : inv init (Aux 0 0 0 0 (Msg (0, 0) bot) (Msg (0, 0) bot) ∅ ∅).
Proof.
  split; simpl; try done; try (intros; unfold bot; lia).
  - intros t ?. assert (t = 0) as -> by lia. eauto.
  - intros [|t] m; [lia|done].
  - intros t ?. assert (t = 0) as -> by lia. eauto.
  - intros [|t] m; [|done]. intros [= <-]. split; [lia|done].
  - intros [|t] m; [|done]. intros _ [= <-] _. split; [done|]. by intros ?.
  - left. intros ?. unfold bot. lia.
Qed.

Ltac other τ τ' := let Hno := fresh "Hno" in destruct (decide (τ' = τ)) as [->|Hno]; unfold used;
  [rewrite ?(upd_eq _ τ)|rewrite ?(upd_ne _ τ _ τ' Hno)]; simpl in *.

Lemma knows_knows_cells U V W : knows U V → knows_cells V W → knows_cells U W.
Proof. intros H1 H2 τ. destruct (H2 τ). pose proof (H1 (Use τ)). pose proof (H1 (Work τ)). lia. Qed.

(** a wait looks, and goes on waiting *)
Lemma inv_looks s a τ V p :
  inv s a → waits (thr s τ).2 → waits p → (registered p ↔ registered (thr s τ).2) → knows V (thr s τ).1 →
  S (use s τ) ≤ V (Use τ) → at_pc a V p → ((∃ q, (thr s τ).2 = Asleep q) → will_know a (V, p)) →
  inv (State (H s) (work s) (used (use s) τ) (upd (thr s) τ (V, p)) (todo s) (owner s) (waited s)) a.
Proof.
  intros [] Hw Hw' Hr HV Hu Hp Hk.
  assert ((thr s τ).2 ≠ Task ∧ (thr s τ).2 ≠ Tell ∧ p ≠ Task ∧ p ≠ Tell) as (? & ? & ? & ?).
  { repeat split; intros E; by rewrite E in Hw || rewrite E in Hw'. }
  split; simpl; try done.
  - intros τ'. other τ τ'; [|done]. rewrite i_tasks0. done.
  - intros τ'. other τ τ'; [|done]. rewrite i_registered0. done.
  - intros Hc. destruct (i_left0 Hc) as [? Ht]. split; [done|]. intros τ'. by other τ τ'.
  - intros τ'. destruct (i_own0 τ') as [Hou How]. other τ τ'; [|done]. split; [done|]. pose proof (HV (Work τ)). lia.
  - intros τ'. specialize (i_work0 τ'). other τ τ'; auto.
  - intros τ'. specialize (i_use0 τ'). by other τ τ'.
  - intros τ'. specialize (i_tell0 τ'). other τ τ'; [done|]. intros E. destruct (i_tell0 E) as (? & τ2 & ?). split; [done|].
    exists τ2. other τ τ2; [by apply Hr|done].
  - intros τ1 τ2. specialize (i_one0 τ1 τ2). other τ τ1; other τ τ2; done.
  - intros τ'. specialize (i_waits0 τ'). other τ τ'; [|done]. intros _. destruct (i_waits0 Hw).
    pose proof (HV Word). pose proof (HV Phase). lia.
  - intros τ'. specialize (i_pc0 τ'). other τ τ'; done.
  - destruct i_moved0 as [|(τ' & Hm)]; [by left|]. right. exists τ'. other τ τ'; [|done].
    destruct Hm as [|[_ Hm]]; [by apply Hk|]. right. split; [done|]. simpl. by eapply knows_trans.
Qed.

(** a task or a wait begins, or a task works *)
Lemma inv_begins s a τ V p k n Ts' :
  inv s a → (thr s τ).2 = Away ∨ (thr s τ).2 = Task → p = Task ∨ p = Look → knows V (thr s τ).1 →
  (∀ τ', τ' ≠ τ → k τ' = work s τ') → k τ ≤ V (Work τ) →
  (p = Look → k τ = work s τ ∧ (thr s τ).2 = Away ∧ knows V (owner s)) → n + size Ts' = todo s + size (Ts a) →
  (∀ τ', τ' ∈ Ts' ↔ (upd (thr s) τ (V, p) τ').2 = Task) →
  inv (State (H s) k (use s) (upd (thr s) τ (V, p)) n (owner s) (waited s)) (Aux (T a) (E a) (P a) (Q a) (sm a) (pm a) Ts' (Ws a)).
Proof.
  intros [] Hold Hp HV Hk Hkτ Hl Hn HTs.
  assert (¬ waits (thr s τ).2 ∧ (thr s τ).2 ≠ Tell ∧ ¬ registered (thr s τ).2) as (Hnw & Hnt & Hnr).
  { destruct Hold as [-> | ->]; repeat split; try done; by intros []. }
  assert (p ≠ Tell ∧ ¬ registered p) as [Hpt Hpr] by (destruct Hp as [-> | ->]; split; try done; by intros []).
  split; simpl; try done.
  - by rewrite Hn.
  - intros τ'. specialize (i_registered0 τ'). other τ τ'; [|done]. rewrite i_registered0. done.
  - intros Hc. destruct (i_left0 Hc) as [? Ht]. split; [done|]. intros τ'. by other τ τ'.
  - intros τ'. destruct (i_own0 τ') as [Hou How]. pose proof (HV (Use τ)). other τ τ'; [lia|]. by rewrite Hk.
  - intros τ'. specialize (i_work0 τ'). other τ τ'; [|by rewrite Hk]. destruct Hp as [-> | ->]; [done|].
    intros _. destruct (Hl eq_refl) as (-> & E0 & _). apply i_work0. by rewrite E0.
  - intros τ'. specialize (i_use0 τ'). other τ τ'; [|done]. by destruct Hp as [-> | ->].
  - intros τ'. specialize (i_tell0 τ'). other τ τ'; [done|]. intros Et. destruct (i_tell0 Et) as (? & τ2 & Hr). split; [done|].
    exists τ2. by other τ τ2.
  - intros τ1 τ2. specialize (i_one0 τ1 τ2). other τ τ1; other τ τ2; done.
  - intros τ'. specialize (i_waits0 τ'). other τ τ'; [|done]. destruct Hp as [-> | ->]; [done|]. intros _.
    destruct (Hl eq_refl) as (_ & _ & HO). pose proof (HO Word). pose proof (HO Phase). lia.
  - intros τ'. specialize (i_pc0 τ'). other τ τ'; [|done]. by destruct Hp as [-> | ->].
  - destruct i_moved0 as [|(τ' & Hm)]; [by left|]. right. exists τ'. other τ τ'; [|done].
    destruct Hm as [[q Hq]|[? _]]; [by rewrite Hq in Hnr|done].
Qed.

Lemma size_with (X : gset nat) τ : τ ∉ X → size ({[τ]} ∪ X) = S (size X).
Proof. intros. rewrite size_union ?size_singleton; [done|set_solver]. Qed.
Lemma size_without (X : gset nat) τ : τ ∈ X → size X = S (size (X ∖ {[τ]})).
Proof. intros. rewrite -(size_with _ τ); [|set_solver]. by rewrite -union_difference_L; [|set_solver]. Qed.
Lemma in_with (X : gset nat) τ τ' : τ' ≠ τ → τ' ∈ {[τ]} ∪ X ↔ τ' ∈ X.
Proof. set_solver. Qed.
Lemma in_without (X : gset nat) τ τ' : τ' ≠ τ → τ' ∈ X ∖ {[τ]} ↔ τ' ∈ X.
Proof. set_solver. Qed.

Lemma none_waits_none_tells s a : inv s a → alone s → ∀ τ, (thr s τ).2 ≠ Tell.
Proof. intros I Ha τ E. destruct (i_tell _ _ I τ E) as (_ & τ' & Hr). apply (Ha τ'). by destruct (thr s τ').2. Qed.
Lemma none_waits_all_known s a : inv s a → alone s → knows (owner s) (mview (pm a)).
Proof.
  intros I Ha. destruct (i_moved _ _ I) as [|(τ & [[p E]|[E _]])]; [done| |by destruct (Ha τ)].
  destruct (Ha τ). by rewrite E.
Qed.

Lemma inv_step s s' a : inv s a → step source s s' → ∃ a', inv s' a'.
Proof.
  intros I Hs. pose proof I as [].
  destruct Hs as
    [ M k u th n O wt c w b t M' O' Ha Hr | M k u th n O wt τ V Hτ | M k u th n O wt τ V Hτ
    | M k u th n O wt τ V c w t M' V' Hτ Hr | M k u th n O wt τ V p t M' V' Hτ Hr | M k u th n O wt τ V Hτ
    | M k u th n O wt τ V t m V' Hτ Hr | M k u th n O wt τ V t m V' Hτ Hr | M k u th n O wt τ V p t m V' Hτ Hr
    | M k u th n O wt τ V p c w t M' V' Hτ Hr | M k u th n O wt τ V p c w Hτ | M k u th n O wt τ V p t m V' Hτ Hr
    | M k u th n O wt τ V c w t M' V' Hτ Hr | M k u th n O wt τ V Hτ ]; simpl in *.
  - (* add *)
    apply changes in Hr as (m & m' & Hm & HO & Hold & Hno & -> & Hnew & HkO & HO' & _ & HwT & _ & Hst).
    assert (t = T a) as -> by (eapply at_the_end; eauto).
    destruct i_sm0 as [Hsm Hv]. assert (m = sm a) as -> by congruence. rewrite Hold in Hv. injection Hv as Hc Hw.
    pose proof (none_waits_none_tells _ _ I Ha) as Hnt. pose proof (none_waits_all_known _ _ I Ha) as Hkn. simpl in *.
    assert (∀ τ, mview m' (Use τ) = mview (sm a) (Use τ) ∧ mview m' (Work τ) = mview (sm a) (Work τ)) as Hcells
      by (intros; by rewrite !Hst).
    exists (Aux (S (T a)) (S (T a)) (P a) (P a) m' (pm a) (Ts a) (Ws a)). split; simpl; try done.
    + by apply append_all.
    + intros t m Hm'. apply appended in Hm' as [[-> _]|[? _]]; [lia|lia|done].
    + rewrite add_eq. split; [done|]. rewrite Hnew Hc Hw. f_equal. lia.
    + rewrite HO'. split; [lia|]. pose proof (Hkn Phase). pose proof (HkO Phase). destruct i_pm0. lia.
    + intros t m Ht Hm' Hz. apply appended in Hm' as [[-> ->]|[? _]]; [|lia|done]. unfold tasks; simpl. split; [done|]. intros ?; lia.
    + intros τ ?. destruct (Hcells τ) as [_ ->]. by apply i_work0.
    + intros τ ? ?. destruct (Hcells τ) as [-> _]. pose proof (HkO (Use τ)). specialize (i_use0 τ ltac:(done) ltac:(done)). lia.
    + intros τ E. by destruct (Hnt τ).
    + intros τ E. by destruct (Ha τ).
    + intros τ. specialize (Ha τ). simpl in *. by destruct (th τ).2.
    + left. by eapply knows_trans.
  - (* a task begins *)
    eexists. eapply (inv_begins (State M k u th (S n) O wt) a τ _ Task k n ({[τ]} ∪ Ts a)); try done; simpl.
    + rewrite Hτ. by left.
    + by left.
    + rewrite Hτ. apply knows_join_l.
    + destruct (i_own0 τ) as [_ Ho]. rewrite Hτ /= in Ho. pose proof (knows_join_l V O (Work τ)). lia.
    + rewrite size_with; [lia|]. rewrite i_tasks0 Hτ //.
    + intros τ'. other τ τ'; [set_solver+|]. rewrite in_with //.
  - (* work *)
    destruct (knows_bump V (Work τ) (S (k τ))) as [HV Hk].
    eexists. eapply (inv_begins (State M k u th n O wt) a τ _ Task (used k τ) n (Ts a)); try done; simpl.
    + rewrite Hτ. by right.
    + by left.
    + by rewrite Hτ.
    + intros. by rewrite /used upd_ne.
    + by rewrite /used upd_eq.
    + intros τ'. other τ τ'; [rewrite i_tasks0 Hτ|]; done.
  - (* done *)
    apply changes in Hr as (m & m' & Hm & HV0 & Hold & Hno & -> & Hnew & HkV & HVW & _ & HwT & Hmm & Hst).
    assert (t = T a) as -> by (eapply at_the_end; eauto).
    destruct i_sm0 as [Hsm Hv]. assert (m = sm a) as -> by congruence. pose proof Hv as Hv'. rewrite Hold in Hv'.
    injection Hv' as Hc Hw. destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    assert (tasks a ≠ 0) as Hleft by (unfold tasks; rewrite Hold; simpl; lia).
    destruct (i_left0 Hleft) as [HPQ Hnt].
    assert (τ ∈ Ts a) as Hin by (rewrite i_tasks0 Hτ //).
    assert (size (Ts a) = S (size (Ts a ∖ {[τ]}))) as Hsz by by apply size_without.
    assert (∀ τ, mview (sm a) (Use τ) ≤ mview m' (Use τ) ∧ mview (sm a) (Work τ) ≤ mview m' (Work τ)) as Hcells by (intros; split; by apply Hmm).
    assert (knows (mview m') V) as HmV by (eapply knows_trans; [done|]; by eapply knows_trans).
    exists (Aux (S (T a)) (E a) (P a) (Q a) m' (pm a) (Ts a ∖ {[τ]}) (Ws a)). split; simpl; try done.
    + by apply append_all.
    + intros t m Hm'. apply appended in Hm' as [[-> _]|[? _]]; [lia|lia|done].
    + rewrite add_eq. split; [done|]. rewrite Hnew Hw. f_equal. lia.
    + intros τ'. other τ τ'; [case_decide; set_solver+|]. rewrite in_without //.
    + intros τ'. specialize (i_registered0 τ'). other τ τ'; [|done]. rewrite i_registered0 Hτ. by case_decide.
    + unfold tasks; simpl. rewrite Hnew /=. intros Hc0. split; [done|]. intros τ'. specialize (Hnt τ'). other τ τ'; [|done].
      rewrite decide_False //. naive_solver.
    + intros t m Ht Hm' Hz. apply appended in Hm' as [[-> ->]|[? Hm']]; [| |done].
      { unfold tasks; simpl. split; [done|]. intros ?; lia. }
      destruct (i_zero0 _ _ Ht Hm' Hz). done.
    + intros τ'. destruct (i_own0 τ') as [Hou How]. other τ τ'; [|done]. rewrite Hτ /= in Hou, How. pose proof (HkV (Use τ)).
      pose proof (HkV (Work τ)). pose proof (Hb (Work τ)). unfold touch in *. lia.
    + intros τ'. specialize (i_work0 τ'). destruct (i_own0 τ') as [Hou How]. destruct (Hcells τ'). other τ τ'; [|intros Hp; specialize (i_work0 Hp); lia].
      intros _. rewrite Hτ /= in Hou, How. pose proof (HmV (Work τ)). lia.
    + intros τ'. specialize (i_use0 τ'). destruct (Hcells τ'). other τ τ'; [|intros Hp Hp'; specialize (i_use0 Hp Hp'); lia].
      intros _ _. pose proof (HkV (Use τ)). pose proof (Hst (Use τ)). unfold touch in *. lia.
    + intros τ'. specialize (i_tell0 τ'). other τ τ'; [|intros Ht; destruct (Hnt _ Ht)].
      case_decide as E0; [intros _|done]. split; [done|]. destruct E0 as [_ Hw0].
      destruct (set_choose_L (Ws a)) as [τ2 H2]; [intros Hem; rewrite Hem size_empty in Hw; lia|].
      exists τ2. apply i_registered0 in H2. other τ τ2; [by rewrite Hτ in H2|done].
    + intros τ1 τ2. pose proof (Hnt τ1). pose proof (Hnt τ2). other τ τ1; other τ τ2; done.
    + intros τ'. specialize (i_waits0 τ'). other τ τ'; [|done]. by case_decide.
    + intros τ'. specialize (i_pc0 τ'). other τ τ'; [by case_decide|]. destruct (th τ').2; try done. by destruct i_pc0.
    + destruct i_moved0 as [|(τ' & Hk)]; [by left|]. right. exists τ'. other τ τ'; [|done].
      rewrite Hτ in Hk. by destruct Hk as [[??]|[??]].
    + intros Hwt. by destruct (i_waited0 Hwt).
  - (* tell *)
    apply changes in Hr as (m & m' & Hm & HV0 & Hold & Hno & -> & Hnew & HkV & HVW & _ & HwT & Hmm & Hst).
    assert (t = P a) as -> by (eapply at_the_end; eauto; by intros ?? [??]%i_phase'0).
    destruct i_pm0 as [Hpm HpP]. assert (m = pm a) as -> by congruence. destruct (i_phase'0 _ _ Hpm) as [_ Hv]. rewrite Hold in Hv.
    injection Hv as ->. destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    destruct (i_tell0 τ) as (HPQ & τr & Hreg); [by rewrite Hτ|].
    assert (tasks a = 0) as Hz by (destruct (decide (tasks a = 0)) as [|Hc]; [done|]; destruct (i_left0 Hc) as [_ Ht]; specialize (Ht τ); by rewrite Hτ in Ht).
    assert (∀ τ', τ' ≠ τ → (th τ').2 ≠ Tell) as Hnt.
    { intros τ' Hne Ht. apply Hne. symmetry. apply i_one0; by rewrite ?Hτ. }
    assert (knows (mview m') (mview (pm a))) as Hpp.
    { intros l. destruct (decide (l = Phase)) as [->|Hl]; [lia|by apply Hmm]. }
    exists (Aux (T a) (E a) (S (P a)) (Q a) (sm a) m' (Ts a) (Ws a)). split; simpl; try done.
    + by apply append_all.
    + intros t m Hm'. apply appended in Hm' as [[-> ->]|[? Hm']]; [by rewrite Hnew| |by intros ?? [??]%i_phase'0].
      destruct (i_phase'0 _ _ Hm') as [? ->]. split; [lia|done].
    + rewrite add_eq. done.
    + intros τ'. specialize (i_tasks0 τ'). other τ τ'; [rewrite i_tasks0 Hτ|]; done.
    + intros τ'. specialize (i_registered0 τ'). other τ τ'; [rewrite i_registered0 Hτ|]; done.
    + destruct i_owner0 as (? & ? & ? & ?). repeat split; try lia.
    + intros τ'. destruct (i_own0 τ') as [Hou How]. other τ τ'; [|done]. rewrite Hτ /= in Hou, How. pose proof (HkV (Use τ)).
      pose proof (HkV (Work τ)). pose proof (Hb (Work τ)). unfold touch in *. lia.
    + intros τ'. specialize (i_work0 τ'). other τ τ'; [|done]. intros _. apply i_work0. by rewrite Hτ.
    + intros τ'. specialize (i_use0 τ'). pose proof (Hpp (Use τ')). other τ τ'; [|intros Hp Hp'; specialize (i_use0 Hp Hp'); lia].
      intros _ _. pose proof (HkV (Use τ)). pose proof (Hst (Use τ)). unfold touch in *. lia.
    + intros τ'. specialize (Hnt τ'). by other τ τ'; [|intros Ht; destruct Hnt].
    + intros τ1 τ2. specialize (Hnt τ1). by other τ τ1; [|intros Ht; destruct Hnt].
    + intros τ'. specialize (i_waits0 τ'). by other τ τ'.
    + intros τ'. specialize (i_pc0 τ'). other τ τ'; [done|]. destruct (th τ').2; try done; simpl in *; lia.
    + right. exists τr. other τ τr; [by rewrite Hτ in Hreg|]. specialize (i_pc0 τr). left. destruct (th τr).2; try done; [eauto|].
      simpl in *. lia.
  - (* a wait begins *)
    eexists. eapply (inv_begins (State M k u th n O wt) a τ _ Look k n (Ts a)); try done; simpl.
    + rewrite Hτ. by left.
    + by right.
    + rewrite Hτ. apply knows_join_l.
    + destruct (i_own0 τ) as [_ Ho]. rewrite Hτ /= in Ho. pose proof (knows_join_l V O (Work τ)). lia.
    + intros _. rewrite Hτ. repeat split. apply knows_join_r.
    + intros τ'. other τ τ'; [rewrite i_tasks0 Hτ|]; done.
  - (* look *)
    apply reads in Hr as (Hm & Ht & Ht' & HV & Hs). destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    pose proof (i_waits0 τ) as Hw. rewrite Hτ /= in Hw. destruct (Hw Logic.I) as [HE _]. pose proof (Hb Word).
    exists a. apply (inv_looks (State M k u th n O wt) a τ V' _ I); simpl; rewrite ?Hτ //=; try (by case_decide).
    + by eapply knows_trans.
    + specialize (HV (Use τ)). unfold touch in HV. lia.
    + case_decide as Ez; [|done]. destruct (i_zero0 t m) as [? Hc]; [unfold touch in Ht; lia|done|done|]. split; [done|].
      eapply knows_knows_cells; [by apply Hs|done].
    + by intros [].
  - (* takes the phase *)
    apply reads in Hr as (Hm & Ht & Ht' & HV & Hs). destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    pose proof (i_waits0 τ) as Hw. rewrite Hτ /= in Hw. destruct (Hw Logic.I) as [_ HQ]. pose proof (Hb Phase).
    exists a. apply (inv_looks (State M k u th n O wt) a τ V' _ I); simpl; rewrite ?Hτ //=.
    + by eapply knows_trans.
    + specialize (HV (Use τ)). unfold touch in HV. lia.
    + destruct (i_phase'0 _ _ Hm) as [? ->]. simpl. unfold touch in Ht. lia.
    + by intros [].
  - (* again *)
    apply reads in Hr as (Hm & Ht & Ht' & HV & Hs). destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    pose proof (i_waits0 τ) as Hw. rewrite Hτ /= in Hw. destruct (Hw Logic.I) as [HE _]. pose proof (Hb Word).
    pose proof (i_pc0 τ) as Hp. rewrite Hτ /= in Hp.
    exists a. apply (inv_looks (State M k u th n O wt) a τ V' _ I); simpl; rewrite ?Hτ //=; try (by case_decide).
    + by eapply knows_trans.
    + specialize (HV (Use τ)). unfold touch in HV. lia.
    + case_decide as Ez; [|done]. destruct (i_zero0 t m) as [? Hc]; [unfold touch in Ht; lia|done|done|]. split; [done|].
      eapply knows_knows_cells; [by apply Hs|done].
    + by intros [].
  - (* register *)
    apply changes in Hr as (m & m' & Hm & HV0 & Hold & Hno & -> & Hnew & HkV & HVW & _ & HwT & Hmm & Hst).
    assert (t = T a) as -> by (eapply at_the_end; eauto).
    destruct i_sm0 as [Hsm Hv]. assert (m = sm a) as -> by congruence. pose proof Hv as Hv'. rewrite Hold in Hv'.
    injection Hv' as Hc Hw. destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    pose proof (i_pc0 τ) as Hp. rewrite Hτ /= in Hp. destruct Hp as [Hp Hc0].
    assert (tasks a ≠ 0) as Hleft by (unfold tasks; by rewrite Hold).
    destruct (i_left0 Hleft) as [HPQ Hnt].
    assert (τ ∉ Ws a) as Hni by (rewrite i_registered0 Hτ; by intros []).
    assert (∀ τ, mview m' (Use τ) = mview (sm a) (Use τ) ∧ mview m' (Work τ) = mview (sm a) (Work τ)) as Hcells
      by (intros; by rewrite !Hst).
    exists (Aux (S (T a)) (E a) (P a) (Q a) m' (pm a) (Ts a) ({[τ]} ∪ Ws a)). split; simpl; try done.
    + by apply append_all.
    + intros t m Hm'. apply appended in Hm' as [[-> _]|[? _]]; [lia|lia|done].
    + rewrite add_eq. split; [done|]. rewrite Hnew Hc Hw size_with //.
    + intros τ'. specialize (i_tasks0 τ'). other τ τ'; [rewrite i_tasks0 Hτ|]; done.
    + intros τ'. other τ τ'; [set_solver+|]. rewrite in_with //.
    + intros _. split; [done|]. intros τ'. specialize (Hnt τ'). by other τ τ'.
    + intros t m Ht Hm' Hz. apply appended in Hm' as [[-> ->]|[? Hm']]; [by rewrite Hnew in Hz| |done].
      by destruct (i_zero0 _ _ Ht Hm' Hz).
    + intros τ'. destruct (i_own0 τ') as [Hou How]. other τ τ'; [|done]. rewrite Hτ /= in Hou, How. pose proof (HkV (Use τ)).
      pose proof (HkV (Work τ)). pose proof (Hb (Work τ)). unfold touch in *. lia.
    + intros τ'. specialize (i_work0 τ'). destruct (Hcells τ') as [_ ->]. other τ τ'; [|done]. intros _. apply i_work0. by rewrite Hτ.
    + intros τ'. specialize (i_use0 τ'). destruct (Hcells τ') as [-> _]. by other τ τ'.
    + intros τ'. specialize (Hnt τ'). by other τ τ'.
    + intros τ1 τ2. pose proof (Hnt τ1). pose proof (Hnt τ2). other τ τ1; other τ τ2; done.
    + intros τ'. pose proof (i_waits0 τ') as H1. other τ τ'; [|done]. intros _. rewrite Hτ /= in H1. destruct (H1 Logic.I).
      pose proof (HkV Word). pose proof (HkV Phase). pose proof (Hb Word). pose proof (Hb Phase). unfold touch in *. lia.
    + intros τ'. specialize (i_pc0 τ'). other τ τ'; [lia|]. destruct (th τ').2; try done. by destruct i_pc0.
    + destruct i_moved0 as [|(τ' & Hk)]; [by left|]. right. exists τ'. other τ τ'; [|done]. left. eauto.
    + intros Hwt. by destruct (i_waited0 Hwt).
  - (* retry *)
    destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    exists a. apply (inv_looks (State M k u th n O wt) a τ _ _ I); simpl; rewrite ?Hτ //=. by intros [].
  - (* wake *)
    apply reads in Hr as (Hm & Ht & Ht' & HV & Hs). destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    pose proof (i_waits0 τ) as Hw. rewrite Hτ /= in Hw. destruct (Hw Logic.I) as [_ HQ]. pose proof (Hb Phase).
    pose proof (i_pc0 τ) as Hp. rewrite Hτ /= in Hp. subst p. destruct (i_phase'0 _ _ Hm) as [HtP Hv]. rewrite Hv /=.
    assert (t ≠ Q a → P a = S (Q a) ∧ knows V' (mview (pm a))) as Hend.
    { intros Hne. unfold touch in Ht. destruct i_owner0 as (_ & _ & _ & ?). assert (t = P a) as -> by lia. split; [lia|].
      destruct i_pm0 as [Hpm _]. assert (m = pm a) as -> by congruence. by apply Hs. }
    exists a. apply (inv_looks (State M k u th n O wt) a τ V' _ I); simpl; rewrite ?Hτ //=; try (by case_decide).
    + by eapply knows_trans.
    + specialize (HV (Use τ)). unfold touch in HV. lia.
    + case_decide as Ez; [done|]. by apply Hend.
    + intros _. unfold will_know; simpl. case_decide as Ez; [left; eauto|]. right. split; [done|]. by apply Hend.
  - (* leave *)
    apply changes in Hr as (m & m' & Hm & HV0 & Hold & Hno & -> & Hnew & HkV & HVW & Hac & HwT & Hmm & Hst).
    assert (t = T a) as -> by (eapply at_the_end; eauto).
    destruct i_sm0 as [Hsm Hv]. assert (m = sm a) as -> by congruence. pose proof Hv as Hv'. rewrite Hold in Hv'.
    injection Hv' as Hc Hw. destruct (knows_bump V (Use τ) (S (u τ))) as [Hb Hb'].
    pose proof (i_pc0 τ) as Hp. rewrite Hτ /= in Hp. destruct Hp as [HPQ Hkp].
    assert (tasks a = 0) as Hz by (destruct (decide (tasks a = 0)) as [|Hc']; [done|]; destruct (i_left0 Hc'); lia).
    assert (τ ∈ Ws a) as Hin by (rewrite i_registered0 Hτ //).
    assert (size (Ws a) = S (size (Ws a ∖ {[τ]}))) as Hsz by by apply size_without.
    assert (∀ τ, (th τ).2 ≠ Tell) as Hnt.
    { intros τ' Et. destruct (i_tell0 _ Et). lia. }
    assert (∀ τ, mview m' (Use τ) = mview (sm a) (Use τ) ∧ mview m' (Work τ) = mview (sm a) (Work τ)) as Hcells
      by (intros; by rewrite !Hst).
    assert (c = 0) as -> by (unfold tasks in Hz; by rewrite Hold in Hz).
    assert (∀ V, knows_cells V (mview (sm a)) → knows_cells V (mview m')) as Hmono.
    { intros W HW τ'. destruct (Hcells τ') as [-> ->]. apply HW. }
    exists (Aux (S (T a)) (E a) (P a) (Q a) m' (pm a) (Ts a) (Ws a ∖ {[τ]})).
    assert ((mval m').1 = 0) as Hz' by by rewrite Hnew.
    split; simpl; try done.
    + by apply append_all.
    + intros t m Hm'. apply appended in Hm' as [[-> _]|[? _]]; [lia|lia|done].
    + rewrite add_eq. split; [done|]. rewrite Hnew Hc. f_equal. lia.
    + intros τ'. specialize (i_tasks0 τ'). other τ τ'; [rewrite i_tasks0 Hτ|]; done.
    + intros τ'. other τ τ'; [set_solver+|]. rewrite in_without //.
    + intros t m Ht Hm' Hz0. split; [done|]. apply appended in Hm' as [[-> ->]|[? Hm']]; [by intros ?; lia| |done].
      destruct (i_zero0 _ _ Ht Hm' Hz0). by apply Hmono.
    + intros τ'. destruct (i_own0 τ') as [Hou How]. other τ τ'; [|done]. rewrite Hτ /= in Hou, How. pose proof (HkV (Use τ)).
      pose proof (HkV (Work τ)). pose proof (Hb (Work τ)). unfold touch in *. lia.
    + intros τ'. specialize (i_work0 τ'). destruct (Hcells τ') as [_ ->]. other τ τ'; [|done]. intros _. apply i_work0. by rewrite Hτ.
    + intros τ'. specialize (i_use0 τ'). destruct (Hcells τ') as [-> _]. by other τ τ'.
    + intros τ'. specialize (Hnt τ'). by other τ τ'.
    + intros τ1 τ2. pose proof (Hnt τ1). pose proof (Hnt τ2). other τ τ1; other τ τ2; done.
    + intros τ'. pose proof (i_waits0 τ') as H1. other τ τ'; [|done]. intros _. rewrite Hτ /= in H1. destruct (H1 Logic.I).
      pose proof (HkV Word). pose proof (HkV Phase). pose proof (Hb Word). pose proof (Hb Phase). unfold touch in *. lia.
    + intros τ'. specialize (i_pc0 τ'). other τ τ'.
      * split; [done|]. intros τ'. destruct (Hcells τ') as [-> ->]. split; by apply Hac.
      * destruct (th τ').2; try done. destruct i_pc0. by split; [|apply Hmono].
    + destruct i_moved0 as [|(τ' & Hk)]; [by left|]. right. exists τ'. other τ τ'; [|done]. right. split; [done|]. simpl.
      eapply knows_trans; [|exact Hkp]. by eapply knows_trans.
    + intros Hwt. destruct (i_waited0 Hwt). split; [done|]. by apply Hmono.
  - (* back *)
    exists a. pose proof (knows_join_l O V) as HO. pose proof (knows_join_r O V) as HV.
    pose proof (i_pc0 τ) as Hp. rewrite Hτ /= in Hp. destruct Hp as [Hz Hkc].
    split; simpl; try done.
    + intros τ'. specialize (i_tasks0 τ'). other τ τ'; [rewrite i_tasks0 Hτ|]; done.
    + intros τ'. specialize (i_registered0 τ'). other τ τ'; [rewrite i_registered0 Hτ|]; done.
    + pose proof (HO Word). pose proof (HO Phase). lia.
    + intros τ'. destruct (i_own0 τ') as [Hou How]. other τ τ'; [|done]. by rewrite Hτ in Hou, How.
    + intros τ'. specialize (i_work0 τ'). other τ τ'; [|done]. intros _. apply i_work0. by rewrite Hτ.
    + intros τ'. specialize (i_use0 τ'). pose proof (HO (Use τ')). destruct (i_own0 τ') as [Ho _].
      other τ τ'; [|intros Hp Hp'; specialize (i_use0 Hp Hp'); lia].
      intros _ _. rewrite Hτ /= in Ho. pose proof (HV (Use τ)). lia.
    + intros τ'. specialize (i_tell0 τ'). other τ τ'; [done|]. intros Et. destruct (i_tell0 Et) as (? & τ2 & Hr). split; [done|].
      exists τ2. other τ τ2; [by rewrite Hτ in Hr|done].
    + intros τ1 τ2. specialize (i_one0 τ1 τ2). other τ τ1; other τ τ2; done.
    + intros τ'. specialize (i_waits0 τ'). by other τ τ'.
    + intros τ'. specialize (i_pc0 τ'). by other τ τ'.
    + destruct i_moved0 as [|(τ' & Hk)]; [left; by eapply (knows_trans _ O)|]. destruct (decide (τ' = τ)) as [->|Hne].
      * left. rewrite Hτ in Hk. destruct Hk as [[??]|[_ Hk]]; [done|]. by eapply (knows_trans _ V).
      * right. exists τ'. by rewrite upd_ne.
    + intros _. split; [done|]. by eapply knows_knows_cells.
Qed.

(** ** With the orders of the source *)
Theorem waits_are_safe s : reach source s → ¬ racy s ∧ ¬ early s.
Proof.
  intros Hr. assert (∃ a, inv s a) as [a I].
  { unfold reach in Hr. remember init as s0 eqn:E0.
    assert (∃ a, inv s0 a) as Hi by (subst; eexists; apply inv_init).
    clear E0. induction Hr as [|s1 s2 s3 Hst _ IH]; [done|]. apply IH. destruct Hi as [a1 H1]. by eapply inv_step. }
  assert (tasks a = 0 → todo s = 0 ∧ ∀ σ, (thr s σ).2 ≠ Task) as Hdone.
  { unfold tasks. destruct (i_sm _ _ I) as [_ ->]. simpl. intros Hz. split; [lia|]. intros σ Hσ.
    apply (i_tasks _ _ I) in Hσ. assert (Ts a ≡ ∅) as He by (apply size_empty_inv; lia). set_solver. }
  assert (∀ τ V, thr s τ = (V, Back) → tasks a = 0 ∧ knows_cells V (mview (sm a))) as Hback.
  { intros τ V Hτ. pose proof (i_pc _ _ I τ) as Hp. by rewrite Hτ in Hp. }
  repeat split.
  - intros [(τ & V & σ & Hτ & Hlt)|(Ha & Hw & σ & Hlt)].
    + destruct (Hback _ _ Hτ) as [Hz Hk]. destruct (Hdone Hz) as [_ Hnt]. pose proof (i_work _ _ I σ (Hnt σ)).
      destruct (Hk σ). lia.
    + destruct (i_waited _ _ I Hw) as [Hz Hk]. destruct (Hdone Hz) as [_ Hnt]. destruct (Hk σ).
      pose proof (i_work _ _ I σ (Hnt σ)). pose proof (i_use _ _ I σ (Hnt σ) (Ha σ)).
      pose proof (none_waits_all_known _ _ I Ha (Use σ)). lia.
  - intros (τ & V & Hτ & Hx). destruct (Hback _ _ Hτ) as [Hz _]. destruct (Hdone Hz) as [? Hnt].
    destruct Hx as [|[σ Hσ]]; [done|]. by destruct (Hnt σ).
Qed.

